"""Stands in for Optuna: takes what the adapter gives it as Optuna would, keeps it, and proposes the middle of each range."""

from types import SimpleNamespace

CALLS = {"asked": 0}


class _Distribution:
    def __init__(self, low=None, high=None, log=False, choices=None):
        assert choices is not None or low <= high
        assert not log or low > 0
        self.low, self.high, self.log, self.choices = low, high, log, choices

    def describe(self):
        return list(self.choices) if self.choices is not None else [self.low, self.high, self.log]

    def contains(self, value):
        return value in self.choices if self.choices is not None else self.low <= value <= self.high


distributions = SimpleNamespace(
    FloatDistribution=lambda low, high, log=False: _Distribution(float(low), float(high), log),
    IntDistribution=lambda low, high, log=False: _Distribution(low, high, log),
    CategoricalDistribution=lambda choices: _Distribution(choices=tuple(choices)),
)


class _Trial:
    def __init__(self, number):
        self.number = number

    def suggest_float(self, name, low, high, log=False):
        assert low < high
        return (low * high) ** 0.5 if log else low + (high - low) / (self.number + 2)

    def suggest_int(self, name, low, high, log=False):
        return low + self.number % (high - low + 1)

    def suggest_categorical(self, name, choices):
        return choices[self.number % len(choices)]


class _Study:
    def add_trials(self, trials):
        CALLS["trials"] = trials

    def ask(self):
        CALLS["asked"] += 1
        return _Trial(CALLS["asked"] - 1)


def create_study(directions, sampler):
    assert all(direction in ("minimize", "maximize") for direction in directions)
    CALLS.update(directions=directions, sampler=sampler)
    return _Study()


def _create_trial(state, values, params, distributions):
    assert set(params) == set(distributions)
    assert all(distributions[name].contains(value) for name, value in params.items())
    assert (values is not None) == (state == "COMPLETE")
    described = {name: distribution.describe() for name, distribution in distributions.items()}
    return {"state": state, "values": values, "params": params, "distributions": described}


samplers = SimpleNamespace(TPESampler=lambda **options: options)
logging = SimpleNamespace(WARNING=30, set_verbosity=lambda level: None)

from . import trial  # noqa: E402,F401
