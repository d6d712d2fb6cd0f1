"""Proposes configurations of a cdk-hpo study by Optuna.

The study is built anew from the request each time: nothing is kept, so the same request gets the same answer.
"""

import optuna
from optuna.trial import TrialState

optuna.logging.set_verbosity(optuna.logging.WARNING)

STATES = {"finished": TrialState.COMPLETE, "pending": TrialState.RUNNING, "failed": TrialState.FAIL}

# Proposals that a trial has had already are passed over, this many times in a row.
MAX_REPEATS = 100


def handler(request, context=None):
    if request["parameterConstraints"] or request["outcomeConstraints"]:
        raise ValueError("this adapter knows no constraints; leave them out or extend it")
    space = request["space"]
    study = optuna.create_study(
        directions=[objective["direction"] for objective in request["objectives"]],
        sampler=optuna.samplers.TPESampler(
            seed=(request["seed"] + request["trial"]) % 2**32,
            multivariate=True,
            constant_liar=True,
        ),
    )
    metrics = [objective["metric"] for objective in request["objectives"]]
    study.add_trials([to_optuna(space, metrics, trial) for trial in request["trials"]])

    taken = {key(trial["configuration"]) for trial in request["trials"]}
    configurations = []
    for _ in range(request["count"] + MAX_REPEATS):
        configuration = ask(study, space)
        if key(configuration) not in taken:
            taken.add(key(configuration))
            configurations.append(configuration)
        if len(configurations) == request["count"]:
            return {"configurations": configurations}
    return {"exhausted": f"Optuna proposed nothing new in {MAX_REPEATS} tries"}


def ask(study, space):
    """A new configuration: parents are asked for before the parameters that depend on them."""
    trial = study.ask()
    configuration = {}
    for parameter in parents_first(space):
        if is_active(parameter, configuration):
            configuration[parameter["name"]] = from_optuna(parameter, suggest(trial, parameter))
    return configuration


def to_optuna(space, metrics, trial):
    """A trial of the request as Optuna keeps it."""
    active = [p for p in space if p["name"] in trial["configuration"] and distribution(p) is not None]
    return optuna.trial.create_trial(
        state=STATES[trial["status"]],
        values=[trial["values"][metric] for metric in metrics] if trial["status"] == "finished" else None,
        params={p["name"]: stand_in(p, trial["configuration"][p["name"]]) for p in active},
        distributions={p["name"]: distribution(p) for p in active},
    )


def distribution(parameter):
    """Optuna's distribution of a parameter, of places in the list where there is one; None for a constant."""
    kind = parameter["type"]
    if kind == "continuous":
        low, high = parameter["min"], parameter["max"]
        if parameter["scaling"] == "reverseLogarithmic":
            # 1 - x on a logarithmic scale.
            return optuna.distributions.FloatDistribution(1 - high, 1 - low, log=True)
        return optuna.distributions.FloatDistribution(low, high, log=parameter["scaling"] == "logarithmic")
    if kind == "integer":
        log = parameter["scaling"] == "logarithmic"
        return optuna.distributions.IntDistribution(parameter["min"], parameter["max"], log=log)
    if kind == "ordinal":
        return optuna.distributions.IntDistribution(0, len(parameter["values"]) - 1)
    if kind == "categorical":
        return optuna.distributions.CategoricalDistribution(range(len(parameter["values"])))
    return None


def suggest(trial, parameter):
    name, kind, dist = parameter["name"], parameter["type"], distribution(parameter)
    if kind == "continuous":
        return trial.suggest_float(name, dist.low, dist.high, log=dist.log)
    if kind in ("integer", "ordinal"):
        return trial.suggest_int(name, dist.low, dist.high, log=dist.log)
    if kind == "categorical":
        return trial.suggest_categorical(name, dist.choices)
    return None


def stand_in(parameter, value):
    """What stands for a parameter's value in Optuna."""
    if "values" in parameter:
        return index_of(parameter["values"], value)
    if parameter.get("scaling") == "reverseLogarithmic" and parameter["type"] == "continuous":
        return min(max(1 - value, 1 - parameter["max"]), 1 - parameter["min"])
    return value


def from_optuna(parameter, suggested):
    """The inverse of `stand_in`."""
    if parameter["type"] == "constant":
        return parameter["value"]
    if "values" in parameter:
        return parameter["values"][suggested]
    if parameter.get("scaling") == "reverseLogarithmic" and parameter["type"] == "continuous":
        return min(max(1 - suggested, parameter["min"]), parameter["max"])
    return suggested


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
