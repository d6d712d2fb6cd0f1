"""Stands in for Syne Tune's searcher: keeps what the adapter tells it, and proposes one value after another."""

CALLS = {"told": [], "asked": 0}


class ConformalQuantileRegression:
    def __init__(self, config_space, random_seed=None):
        self.config_space = config_space
        CALLS["space"] = {name: [domain.kind, *domain.arguments] for name, domain in config_space.items()}
        CALLS["seed"] = random_seed

    def on_trial_complete(self, trial_id, config, metric):
        assert set(config) == set(self.config_space)
        assert all(domain.contains(config[name]) for name, domain in self.config_space.items()), config
        CALLS["told"].append([trial_id, config, metric])

    def suggest(self):
        CALLS["asked"] += 1
        return {name: domain.at(CALLS["asked"] - 1) for name, domain in self.config_space.items()}
