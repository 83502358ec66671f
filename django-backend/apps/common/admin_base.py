"""The base of every admin page: when two people act at once, nothing is lost or done twice."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, cast

from django.contrib import messages
from django.contrib.admin.checks import ModelAdminChecks
from django.contrib.admin.models import DELETION as DELETED
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from unfold.admin import ModelAdmin

from apps.common.acts import Act, ChangeSource
from apps.common.admin_once import new_token, once
from apps.common.form_versions import VersionedForm, digest, version_read, version_text
from apps.common.locks import deletion_locked, row_locked

DELETION: Final = "deletion_version"
_COMPANY: Final = "company"


def admin_act(request: HttpRequest, reason: str = "") -> Act:
    """Return what the signed-in member of staff does with this request, at this moment."""
    return Act(request.user.pk, ChangeSource.ADMIN, timezone.now(), reason)


class _ChangedMeanwhileError(Exception):
    """The rows to be deleted are not what the page showed."""


class SafeModelAdmin(ModelAdmin):
    """Pages of one table.

    Saving locks the row, writes only the columns that the form has changed, and refuses when a value that the form
    offers was changed after the page was loaded (`VersionedForm`). Deleting refuses after any change of the row. The
    form that adds a row adds one, however often it is sent (`once`).

    Django's own class writes every column that it has read, which undoes changes committed meanwhile.
    """

    change_form_before_template = "admin/form_state.html"
    checks_class = ModelAdminChecks  # unfold's looks permissions up in the database, which no build has

    def own_page(self, request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
        common = self.admin_site.each_context(request)
        return TemplateResponse(request, f"admin/{template}", {**common, "opts": self.opts, **context})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return a row, or None; locked if it is about to be written."""
        row = super().get_object(request, object_id, from_field)
        if row is None or request.method != "POST" or not connection.in_atomic_block:
            return row  # a page that writes runs in a transaction; the history, asked by POST, does not
        return row_locked(self.get_queryset(request), row.pk)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what a link fills in, but never a time: its two boxes cannot show text."""
        times = {field.name for field in self.opts.concrete_fields if isinstance(field, models.DateTimeField)}
        filled = super().get_changeform_initial_data(request)
        return {name: text for name, text in filled.items() if name not in times}

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the form class; the form of an existing row knows its version."""
        if kwargs.get("change"):
            form: Any = kwargs.get("form", self.form)
            attributes: dict[str, Any] = {"changes": staticmethod(lambda since: self.changed_by(obj, since))}
            if not self.has_change_permission(request, obj):  # Django leaves the fields that a form declares
                attributes |= {name: None for name, field in form.declared_fields.items() if not field.disabled}
            kwargs["form"] = type(form)(form.__name__, (VersionedForm, form), attributes)
        return super().get_form(request, obj, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write a new row, or the columns of a row that the form has changed."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = self.opts.concrete_fields
        if changed := [column.name for column in columns if column.name in form.changed_data]:
            stamps = [column.name for column in columns if getattr(column, "auto_now", False)]
            obj.save(update_fields=[*changed, *stamps])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save related rows; of many-to-many fields only what was added or removed in the form."""
        if change:
            form.save_m2m = lambda: self._save_choices(form)
        super().save_related(request, form, formsets, change)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or process the form of a row; a new row is added once."""
        view = super().changeform_view
        if request.method == "POST" and object_id is None:
            return once(request, lambda: view(request, object_id, form_url, extra_context))
        page: HttpResponse = view(request, object_id, form_url, extra_context)
        return page

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        form = context["adminform"].form
        state = {"form_version": form.version()} if isinstance(form, VersionedForm) else {"form_token": new_token()}
        return super().render_change_form(request, {**context, **state}, *args, **kwargs)

    def changes_since(self, row: Any, since: datetime) -> Iterator[tuple[datetime, str]]:
        """Yield when the row was changed after `since`, and by whom; pages whose rows have a history know more."""
        entries = LogEntry.objects.filter(
            content_type=get_content_type_for_model(row), object_id=str(row.pk), action_time__gt=since
        ).exclude(action_flag=DELETED)  # logged before the deletion: it names the sender of this very page
        for entry in entries.select_related("user"):
            yield entry.action_time, str(entry.user)

    def changed_by(self, row: Any, since: datetime) -> str:
        """Return a sentence that says by whom and when a row was changed after `since`, as far as it is known."""
        at, who = max(self.changes_since(row, since), default=(getattr(row, "updated_at", None), ""))
        author = f" by {who}" if who else ""
        moment = f", at {date_format(at, 'Y-m-d H:i:s')} UTC" if at and at > since else ""
        return f"Changed meanwhile{author}{moment}."

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().delete_view
        return self._deleted_as_shown(request, lambda: view(request, object_id, extra_context))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        view = super().changelist_view
        if request.POST.get("action") == "delete_selected" and request.POST.get("post"):
            return self._deleted_as_shown(request, lambda: view(request, extra_context))
        page: HttpResponse = view(request, extra_context)
        return page

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return what is deleted with the rows; the page of the question carries its version."""
        chosen = self.get_queryset(request).filter(pk__in=[row.pk for row in objs]).order_by("pk")
        if request.method == "POST" and connection.in_atomic_block:
            chosen = deletion_locked(chosen)
        rows = list(chosen)
        found = super().get_deleted_objects(objs, request)
        columns = self.opts.concrete_fields
        versions = {str(row.pk): digest(tuple(column.value_from_object(row) for column in columns)) for row in rows}
        version = version_text({**versions, _COMPANY: digest(str(found[0]))})
        cast("Any", request).deletion = (version, rows)
        return found

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._check_deletion(request)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._check_deletion(request)
        super().delete_queryset(request, queryset)

    def _save_choices(self, form: Any) -> None:
        for field in self.opts.many_to_many:
            if field.name in form.changed_data:
                before, after = set(form.initial[field.name]), set(form.cleaned_data[field.name])
                rows = getattr(form.instance, field.name)
                rows.add(*(after - before))
                rows.remove(*(before - after))

    def _deleted_as_shown(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        try:
            with transaction.atomic():
                return view()
        except _ChangedMeanwhileError as change:
            messages.error(request, f"Nothing was deleted. {change}")
            return redirect(request.get_full_path())

    def _check_deletion(self, request: HttpRequest) -> None:
        version, rows = cast("Any", request).deletion
        (_, now), (loaded_at, loaded) = version_read(version), version_read(request.POST.get(DELETION))
        if loaded == now:
            return
        if loaded_at is None:
            raise _ChangedMeanwhileError("The form did not say which version of the page it was sent from.")
        changed = [row for row in rows if loaded.get(str(row.pk)) != now[str(row.pk)]]
        sentences = [f"{row}: {self.changed_by(row, loaded_at)}" for row in changed]
        raise _ChangedMeanwhileError(" ".join(sentences) or "What would be deleted with it changed meanwhile.")
