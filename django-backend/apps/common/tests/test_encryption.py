"""Sealed texts: who opens them, and how keys are exchanged."""

import pytest

from apps.common.encryption import MARK, NoKeyOpens, is_sealed_as_configured, seal, unseal

OLD, NEW = "old-key-" + "o" * 32, "new-key-" + "n" * 32


class TestSeal:
    @pytest.mark.parametrize("text", ["JBSWY3DPEHPK3PXP", "", "Ünïcode\n", "x" * 10_000])
    @pytest.mark.parametrize("keys", [[], [NEW], [NEW, OLD]])
    def test_is_undone_by_unseal(self, settings, keys, text):
        settings.DATA_ENCRYPTION_KEYS = keys
        stored = seal(text)
        assert stored.startswith(MARK)
        assert unseal(stored) == text

    def test_hides_the_text_and_never_looks_the_same(self):
        first, second = seal("JBSWY3DPEHPK3PXP"), seal("JBSWY3DPEHPK3PXP")
        assert "JBSWY3DPEHPK3PXP" not in first
        assert first != second

    def test_leaves_the_text_alone_on_request(self, settings):
        """For a rolling deployment from a version that cannot open texts, and for the way back to one."""
        sealed = seal("text")
        settings.DATA_ENCRYPTION_KEYS = ["plain"]
        assert seal("text") == "text"
        assert unseal(sealed) == "text"


class TestUnseal:
    @pytest.mark.parametrize("text", ["JBSWY3DPEHPK3PXP", "0f" * 40, ""])
    def test_takes_what_was_stored_before_there_were_keys(self, text):
        assert unseal(text) == text

    @pytest.mark.parametrize("keys", [[OLD], [NEW, OLD], ["plain", OLD], ["plain", NEW, OLD]])
    def test_takes_any_key_of_the_list(self, settings, keys):
        settings.DATA_ENCRYPTION_KEYS = [OLD]
        sealed = seal("text")
        settings.DATA_ENCRYPTION_KEYS = keys
        assert unseal(sealed) == "text"

    def test_takes_what_was_sealed_before_there_was_a_key_of_its_own(self, settings):
        sealed = seal("text")
        settings.DATA_ENCRYPTION_KEYS = [NEW]
        assert unseal(sealed) == "text"
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another-" + "a" * 40
        assert unseal(sealed) == "text"

    def test_says_so_when_no_key_fits(self, settings):
        settings.DATA_ENCRYPTION_KEYS = [OLD]
        sealed = seal("text")
        settings.DATA_ENCRYPTION_KEYS = [NEW]
        with pytest.raises(NoKeyOpens, match="DATA_ENCRYPTION_KEYS"):
            unseal(sealed)

    def test_notices_every_change(self):
        sealed = seal("text")
        # The last letter before the two signs of filling has four bits that mean nothing.
        for place in range(len(MARK), len(sealed) - 3):
            changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
            with pytest.raises(NoKeyOpens):
                unseal(changed)

    @pytest.mark.parametrize("rest", ["", "x", "é", "gAAAA"])
    def test_refuses_nonsense(self, rest):
        with pytest.raises(NoKeyOpens):
            unseal(MARK + rest)


class TestIsSealedAsConfigured:
    def test_asks_for_the_first_key(self, settings):
        settings.DATA_ENCRYPTION_KEYS = [OLD]
        sealed = seal("text")
        assert is_sealed_as_configured(sealed)
        assert not is_sealed_as_configured("text")
        settings.DATA_ENCRYPTION_KEYS = [NEW, OLD]
        assert not is_sealed_as_configured(sealed)
        settings.DATA_ENCRYPTION_KEYS = ["plain", OLD]
        assert not is_sealed_as_configured(sealed)
        assert is_sealed_as_configured("text")
