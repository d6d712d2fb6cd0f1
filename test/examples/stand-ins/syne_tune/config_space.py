"""Stands in for Syne Tune's domains."""


class Domain:
    def __init__(self, kind, *arguments):
        self.kind, self.arguments = kind, arguments

    def at(self, number):
        """A value of the domain."""
        if self.kind == "choice":
            return self.arguments[0][number % len(self.arguments[0])]
        low, high = self.arguments
        if self.kind.endswith("randint"):
            return low + number % (high - low + 1)
        return low + (high - low) / (number + 2)

    def contains(self, value):
        if self.kind == "choice":
            return value in self.arguments[0]
        number = int if self.kind.endswith("randint") else float
        return isinstance(value, number) and self.arguments[0] <= value <= self.arguments[1]


def _factory(kind):
    return lambda *arguments: Domain(kind, *arguments)


uniform, loguniform, reverseloguniform = _factory("uniform"), _factory("loguniform"), _factory("reverseloguniform")
randint, lograndint, choice = _factory("randint"), _factory("lograndint"), _factory("choice")
