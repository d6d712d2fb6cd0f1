from types import SimpleNamespace

from optuna import _create_trial as create_trial

TrialState = SimpleNamespace(COMPLETE="COMPLETE", RUNNING="RUNNING", FAIL="FAIL")
