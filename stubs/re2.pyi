"""The part of google-re2 that we use; its wheel has no types."""

from collections.abc import Callable, Mapping

class error(Exception): ...  # noqa: N801

class Options:
    case_sensitive: bool
    log_errors: bool
    max_mem: int

class _Match:
    def __getitem__(self, group: int | str) -> str | None: ...

class _Regexp:
    @property
    def groups(self) -> int: ...
    @property
    def groupindex(self) -> Mapping[str, int]: ...
    def sub(self, repl: Callable[[_Match], str], text: str, count: int = ...) -> str: ...

def compile(pattern: str, options: Options | None = ...) -> _Regexp: ...  # noqa: A001
