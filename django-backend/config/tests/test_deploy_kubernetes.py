"""deploy/kubernetes: parsed, put together by kustomize where kubectl is, and checked for what matters."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import resolve

from config.environment import PROJECT_DIR
from config.variables import VARIABLES

FOLDER = PROJECT_DIR / "deploy/kubernetes"
KNOWN = {name for variable in VARIABLES for name in variable.names} | {"DJANGO_SETTINGS_MODULE"}
PROCESSES = ("web", "worker", "notifier", "beat")


def _objects() -> Iterator[dict[str, Any]]:
    for path in sorted(FOLDER.rglob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text())


OBJECTS = list(_objects())


def found(kind: str, name: str) -> dict[str, Any]:
    """Return the one object of a kind and name."""
    (match,) = [item for item in OBJECTS if item["kind"] == kind and item["metadata"]["name"] == name]
    return match


def pod(item: dict[str, Any]) -> dict[str, Any]:
    """Return the specification of an object's pods."""
    spec: dict[str, Any] = item["spec"]["template"]["spec"]
    return spec


def container(item: dict[str, Any]) -> dict[str, Any]:
    """Return the one container of an object's pods."""
    (only,) = pod(item)["containers"]
    return dict(only)


RUNNING = [item for item in OBJECTS if item["kind"] in {"Deployment", "Job"}]


@pytest.mark.parametrize("path", [".", "migrate"])
def test_kustomize_puts_it_together(path: str) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run([kubectl, "kustomize", FOLDER / path], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    assert {item["metadata"]["namespace"] for item in made} == {"season-tickets"}
    listed = yaml.safe_load((FOLDER / path / "kustomization.yaml").read_text())["resources"]
    assert len(made) == sum(len(list(yaml.safe_load_all((FOLDER / path / name).read_text()))) for name in listed)


def test_every_process_has_a_deployment() -> None:
    assert {item["metadata"]["name"] for item in OBJECTS if item["kind"] == "Deployment"} == set(PROCESSES)


def test_there_is_exactly_one_beat() -> None:
    beat = found("Deployment", "beat")["spec"]
    assert beat["replicas"] == 1
    assert beat["strategy"] == {"type": "Recreate"}
    scaled = [item["spec"]["scaleTargetRef"]["name"] for item in OBJECTS if "scaleTargetRef" in item.get("spec", {})]
    assert sorted(scaled) == ["web", "worker"]


@pytest.mark.parametrize(("age_minutes", "alive"), [(0, True), (14, True), (16, False), (None, False)])
def test_a_beat_that_saves_nothing_is_started_again(tmp_path: Path, age_minutes: int | None, alive: bool) -> None:
    """The probe's own words, on a folder of the test; dbm adds an ending to the name, or does not."""
    beat = container(found("Deployment", "beat"))
    (schedule,) = [word for word in beat["args"] if word.startswith("/tmp/")]
    for ending in ("", ".db"):
        if age_minutes is not None:
            file = tmp_path / f"{Path(schedule).name}{ending}"
            file.touch()
            os.utime(file, (time.time() - 60 * age_minutes,) * 2)
        shell, option, text = beat["livenessProbe"]["exec"]["command"]
        done = subprocess.run([shell, option, text.replace("/tmp", str(tmp_path))], check=False)
        assert (done.returncode == 0) == alive
        for made in tmp_path.iterdir():
            made.unlink()


def test_web_servers_prefer_different_nodes() -> None:
    (spread,) = pod(found("Deployment", "web"))["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["whenUnsatisfiable"]) == ("kubernetes.io/hostname", "ScheduleAnyway")
    assert spread["labelSelector"]["matchLabels"] == found("Deployment", "web")["spec"]["selector"]["matchLabels"]


def test_a_release_takes_no_web_server_away_before_another_is_there() -> None:
    web = found("Deployment", "web")["spec"]
    assert web["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert "replicas" not in web, "the number is the autoscaler's"
    assert found("HorizontalPodAutoscaler", "web")["spec"]["minReplicas"] == 2
    assert found("PodDisruptionBudget", "web")["spec"]["minAvailable"] == 1


def test_a_web_server_has_time_to_finish() -> None:
    """The pause before TERM and gunicorn's own grace fit into what Kubernetes grants."""
    web = found("Deployment", "web")
    (_, pause) = container(web)["lifecycle"]["preStop"]["exec"]["command"]
    assert int(pause) + 30 < pod(web)["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_probes_ask_for_a_page_that_exists_under_a_host_that_is_allowed(probe: str) -> None:
    asks = container(found("Deployment", "web"))[probe]["httpGet"]
    assert resolve(asks["path"]).url_name == "livez"
    (host,) = [header["value"] for header in asks["httpHeaders"] if header["name"] == "Host"]
    assert host in found("ConfigMap", "season-tickets")["data"]["DJANGO_ALLOWED_HOSTS"].split(",")


def test_startup_waits_as_long_as_the_entry_point_does() -> None:
    probe = container(found("Deployment", "web"))["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] > 60  # MIGRATION_WAIT_SECONDS


def test_variables_are_known_and_secrets_come_by_name_only() -> None:
    configuration = found("ConfigMap", "season-tickets")["data"]
    assert set(configuration) <= KNOWN
    assert not [name for name in configuration if any(word in name for word in ("SECRET", "TOKEN", "PASSWORD", "URL_"))]
    assert [item for item in OBJECTS if item["kind"] == "Secret"] == []
    for item in RUNNING:
        sources = container(item)["envFrom"]
        assert {"secretRef": {"name": "season-tickets"}} in sources
        assert "env" not in container(item)


@pytest.mark.parametrize("item", RUNNING, ids=lambda item: item["metadata"]["name"])
def test_pods_are_locked_down_and_bounded(item: dict[str, Any]) -> None:
    assert pod(item)["securityContext"]["runAsNonRoot"] is True
    assert pod(item)["automountServiceAccountToken"] is False
    locked = container(item)["securityContext"]
    assert locked["capabilities"] == {"drop": ["ALL"]}
    assert locked["readOnlyRootFilesystem"] is True
    assert locked["allowPrivilegeEscalation"] is False
    assert "memory" in container(item)["resources"]["limits"]
    assert container(item)["image"].rpartition(":")[2] == "1.0.0"


def test_every_queue_has_a_worker_and_the_scaler_looks_at_the_right_one() -> None:
    queues = {}
    for name in ("worker", "notifier"):
        arguments = container(found("Deployment", name))["args"]
        queues[name] = arguments[arguments.index("--queues") + 1]
    assert queues == {"worker": "default,payments", "notifier": "notifications"}
    (trigger,) = found("ScaledObject", "worker")["spec"]["triggers"]
    assert trigger["metadata"]["listName"] in queues["worker"].split(",")


def test_selectors_find_their_pods() -> None:
    for item in OBJECTS:
        if item["kind"] == "Deployment":
            assert item["spec"]["selector"]["matchLabels"] == item["spec"]["template"]["metadata"]["labels"]
    web = found("Deployment", "web")["spec"]["template"]["metadata"]["labels"]
    assert found("Service", "web")["spec"]["selector"] == web
    assert found("NetworkPolicy", "web")["spec"]["podSelector"]["matchLabels"] == web


def test_nobody_but_the_ingress_reaches_a_pod() -> None:
    everybody = found("NetworkPolicy", "season-tickets")["spec"]
    assert everybody["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in everybody
    assert len(found("NetworkPolicy", "web")["spec"]["ingress"]) == 1


def test_ingress_takes_what_the_product_takes() -> None:
    ingress = found("Ingress", "web")
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == "25m"
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"] for rule in ingress["spec"]["rules"]]
