"""Proposes configurations of a cdk-hpo study by Syne Tune's conformal quantile regression.

The searcher is built anew from the request each time: nothing is kept, so the same request gets the same answer. It knows
one objective, no conditions and no trials that still run; what it proposes twice is passed over.
"""

import syne_tune.config_space as cs
from syne_tune.optimizer.schedulers.searchers.conformal.conformal_quantile_regression_searcher import (
    ConformalQuantileRegression,
)

# Proposals that a trial has had already are passed over, this many times in a row.
MAX_REPEATS = 100


def handler(request, context=None):
    if request["parameterConstraints"] or request["outcomeConstraints"]:
        raise ValueError("this adapter knows no constraints; leave them out or extend it")
    if len(request["objectives"]) > 1:
        raise ValueError("this adapter knows a single objective; leave the others out or extend it")
    space, objective = request["space"], request["objectives"][0]
    domains = {p["name"]: domain(p) for p in space if len(choices(p)) != 1}
    if not domains:
        return propose_only(request)

    searcher = ConformalQuantileRegression(domains, random_seed=(request["seed"] + request["trial"]) % 2**31)
    sign = -1 if objective["direction"] == "maximize" else 1
    for number, trial in enumerate(request["trials"]):
        if trial["status"] == "finished":
            configuration = to_syne_tune(space, domains, trial["configuration"])
            searcher.on_trial_complete(number, configuration, sign * trial["values"][objective["metric"]])

    taken = {key(trial["configuration"]) for trial in request["trials"]}
    configurations = []
    for _ in range(request["count"] + MAX_REPEATS):
        configuration = from_syne_tune(space, searcher.suggest())
        if key(configuration) not in taken:
            taken.add(key(configuration))
            configurations.append(configuration)
        if len(configurations) == request["count"]:
            return {"configurations": configurations}
    return {"exhausted": f"Syne Tune proposed nothing new in {MAX_REPEATS} tries"}


def propose_only(request):
    """The configuration of a space that has only one."""
    if request["trials"] or request["count"] > 1:
        return {"exhausted": "the search space has a single configuration"}
    return {"configurations": [from_syne_tune(request["space"], {})]}


def domain(parameter):
    """Syne Tune's domain of a parameter; places in the list stand for the values of an ordinal or categorical one."""
    kind = parameter["type"]
    if kind == "continuous":
        factory = {
            "linear": cs.uniform,
            "logarithmic": cs.loguniform,
            "reverseLogarithmic": cs.reverseloguniform,
        }[parameter["scaling"]]
        return factory(parameter["min"], parameter["max"])
    if kind == "integer":
        factory = cs.lograndint if parameter["scaling"] == "logarithmic" else cs.randint
        return factory(parameter["min"], parameter["max"])
    if kind == "ordinal":
        return cs.randint(0, len(parameter["values"]) - 1)
    return cs.choice([str(place) for place in range(len(parameter["values"]))])


def choices(parameter):
    """The values that can be listed; none of a number."""
    return [parameter["value"]] if parameter["type"] == "constant" else parameter.get("values", [])


def to_syne_tune(space, domains, configuration):
    """A full configuration: a parameter that isn't active has the first of its values."""
    result = {}
    for parameter in space:
        name = parameter["name"]
        if name not in domains:
            continue
        if parameter["type"] in ("continuous", "integer"):
            number = configuration.get(name, parameter["min"])
            result[name] = float(number) if parameter["type"] == "continuous" else number
        else:
            place = index_of(parameter["values"], configuration[name]) if name in configuration else 0
            result[name] = place if parameter["type"] == "ordinal" else str(place)
    return result


def from_syne_tune(space, suggested):
    """Only what is active, as JSON has it."""
    configuration = {}
    for parameter in parents_first(space):
        if is_active(parameter, configuration):
            configuration[parameter["name"]] = value_of(parameter, suggested)
    return configuration


def value_of(parameter, suggested):
    values = choices(parameter)
    if len(values) == 1:
        return values[0]
    value = suggested[parameter["name"]]
    if parameter["type"] == "continuous":
        return min(max(float(value), parameter["min"]), parameter["max"])
    return int(value) if parameter["type"] == "integer" else values[int(value)]


def index_of(values, value):
    return next(i for i, one in enumerate(values) if is_same(one, value))


def is_same(one, other):
    # in Python 1 == True, in JSON it isn't.
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def is_active(parameter, configuration):
    condition = parameter.get("activeWhen")
    if condition is None:
        return True
    parent = configuration.get(condition["parameter"])
    return any(is_same(parent, value) for value in condition["values"])


def parents_first(space):
    by_name = {parameter["name"]: parameter for parameter in space}
    ordered = {}

    def visit(parameter):
        if parameter["name"] in ordered:
            return
        if "activeWhen" in parameter:
            visit(by_name[parameter["activeWhen"]["parameter"]])
        ordered[parameter["name"]] = parameter

    for parameter in space:
        visit(parameter)
    return list(ordered.values())


def key(configuration):
    # 1 and 1.0 are the same number in JSON.
    numbers = {name: float(value) for name, value in configuration.items() if type(value) is int}
    return tuple(sorted((name, repr(value)) for name, value in {**configuration, **numbers}.items()))
