"""Base of what describes a case: shown as the expression that makes it."""

from dataclasses import MISSING, fields, replace


class Spec:
    """A dataclass whose ``repr`` leaves out what is at its default."""

    def __repr__(self):
        given = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if self.default(field) != getattr(self, field.name)
        ]
        return f"{type(self).__name__}({', '.join(given)})"

    @staticmethod
    def default(field):
        """The default of a field; None where it has none."""
        if field.default_factory is not MISSING:
            return field.default_factory()
        return None if field.default is MISSING else field.default

    def simplified(self):
        """The same with one field at its default, for each field that is not."""
        for field in fields(self):
            default = self.default(field)
            has_default = field.default is not MISSING or field.default_factory is not MISSING
            if has_default and getattr(self, field.name) != default:
                yield replace(self, **{field.name: default})
