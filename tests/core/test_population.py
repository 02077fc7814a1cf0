"""K runs trained together equal the K trained alone."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor
from skbackprop.core.population import Population, train_population
from skbackprop.core.solve import together
from skbackprop.core.training import train

N_SAMPLES = 53  # the last of the batches of 10 is short


class Caught(Exception):
    """Ends a fit when its run has been caught."""


def run_of(estimator, X, y, **fit_params):
    """The run that ``fit`` would train."""
    caught = []

    def catch(run, alone):
        caught.append(copy.deepcopy(run, {id(data): data for data in (run.X, run.Y)}))
        raise Caught

    token = together.set(catch)
    try:
        with pytest.raises(Caught):
            estimator.fit(X, y, **fit_params)
    finally:
        together.reset(token)
    return caught[0]


def problem(seed, kind):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((N_SAMPLES, 4))
    scores = np.sin(X @ rng.standard_normal((4, 3))) + 0.3 * rng.standard_normal((N_SAMPLES, 3))
    return X, {
        "binary": (scores[:, 0] > 0).astype(int),
        "multiclass": scores.argmax(axis=1),
        "regression": scores[:, 0],
        "multioutput": scores,
        "counts": np.floor(np.exp(scores[:, 0])),
    }[kind]


def make_runs(
    kind="binary", estimator=BackpropClassifier, n=3, members=(), weights=False, **params
):
    """Runs on data of their own; ``members`` holds what is particular to each."""
    defaults = {"hidden_layer_sizes": (6, 5), "batch_size": 10, "max_iter": 12, "tol": 0.0}
    members = members or [{}] * n
    runs = []
    for k, own in enumerate(members):
        own = {"random_state": k, **defaults, **params, **own}
        X, y = problem(k // 2, kind)  # some members share their data
        dtype = own.pop("dtype", np.float64)
        fit_params = {}
        if weights:
            fit_params["sample_weight"] = np.random.RandomState(k).uniform(0, 2, N_SAMPLES)
        runs.append(run_of(estimator(**own), X.astype(dtype), y, **fit_params))
    return runs


def regressor(**case):
    return {"kind": "regression", "estimator": BackpropRegressor, **case}


def autoencoder(**case):
    return {"estimator": BackpropAutoencoder, "hidden_layer_sizes": (6,), **case}


RATES = [{"learning_rate_init": rate} for rate in (0.001, 0.02, 0.1)]
CASES = {
    "adam": {},
    "K=1": {"n": 1},
    "adam, all different": {
        "members": [
            {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6, "alpha": 0.1, "random_state": 3},
            {"beta_1": 0.0, "beta_2": 0.9, "epsilon": 1e-3, "alpha": 0.0, "max_iter": 5},
            {"learning_rate_init": 0.03, "max_iter": 9, "shuffle": False},
        ]
    },
    "rates": {"members": RATES},
    "no penalty": {"alpha": 0.0},
    "sgd": {"solver": "sgd", "momentum": 0.0, "members": RATES},
    "momentum": {
        "solver": "sgd",
        "nesterovs_momentum": False,
        "members": [{"momentum": 0.5}, {"momentum": 0.9}, {"momentum": 0.0}],
    },
    "nesterov": {"solver": "sgd", "members": [{"momentum": 0.5}, {"momentum": 0.9}]},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "multiclass": {"kind": "multiclass"},
    "squared error of probabilities": {"kind": "multiclass", "loss": "squared_error"},
    "label smoothing": {"kind": "multiclass", "label_smoothing": 0.1},
    "regression": regressor(),
    "multioutput": regressor(kind="multioutput"),
    "poisson": regressor(kind="counts", loss="poisson"),
    "huber": regressor(loss="huber"),
    "quantile": regressor(loss="quantile", quantile=0.3),
    "weights": {"weights": True, "members": [{"alpha": 0.1}, {}, {"class_weight": "balanced"}]},
    "dropout": {"dropout": 0.3, "n": 4},
    "dropout rates": {"members": [{"dropout": rate} for rate in (0.1, 0.5, [0.9, 0.1])]},
    "dropout, weights, one batch": {"dropout": [0.3, 0.0], "batch_size": 53, "weights": True},
    "layer norm": {"normalization": "layer"},
    "batch norm": {"normalization": "batch"},
    "batch norm, weights": {"normalization": "batch", "weights": True},
    "batch norm, last batch of one row": {"normalization": "batch", "batch_size": 13},
    "one batch": {"batch_size": 53},
    "batches of one row": {"batch_size": 1, "max_iter": 3},
    "invscaling": {"learning_rate": "invscaling", "members": [{"power_t": 0.3}, {}]},
    "adaptive": {"learning_rate": "adaptive", "tol": 0.05, "n_iter_no_change": 2},
    "per-step schedules": {
        "members": [
            {"learning_rate": "cosine"},
            {"learning_rate": "one_cycle", "max_iter": 7},
            {"learning_rate": "constant"},
            {"learning_rate": lambda progress: 1.0 - 0.5 * progress},
        ],
        "learning_rate_init": 0.02,
    },
    "weight decay": {"members": [{"weight_decay": 0.1}, {"weight_decay": 0.0}, *RATES]},
    "clipping": {"members": [{"max_grad_norm": 0.01}, {"max_grad_norm": 10.0}]},
    "clipping and decay": {"max_grad_norm": 0.1, "weight_decay": 0.01, "solver": "sgd"},
    "max_iter": {"members": [{"max_iter": m} for m in (1, 3, 3, 4, 6, 7, 9, 11, 12, 12)]},
    "equal seeds": {
        "members": [
            {"random_state": seed, "max_iter": m, **rate}
            for m in (1, 3, 6, 9)
            for seed in (0, 1)
            for rate in RATES
        ]
    },
    "plateau": {"tol": 0.02, "n_iter_no_change": 1, "members": 3 * RATES, "max_iter": 40},
    "early stopping": {
        "early_stopping": True,
        "validation_fraction": 0.3,
        "n_iter_no_change": 2,
        "max_iter": 40,
        "members": [{"learning_rate_init": r, "random_state": k} for k, r in enumerate(8 * [0.03])],
    },
    "early stopping on the loss": {
        "early_stopping": True,
        "scoring": "loss",
        "normalization": "batch",
        "members": RATES,
    },
    "early stopping by a scorer": {
        "early_stopping": True,
        "scoring": "balanced_accuracy",
        "members": RATES,
    },
    "diverging member": regressor(
        members=[{"learning_rate_init": 0.001}, {"learning_rate_init": 1e200}, {}],
        solver="sgd",
    ),
    "float32": {"dtype": np.float32, "members": RATES, "max_iter": 4},
    "float32, clipping, decay": {
        "dtype": np.float32,
        "members": [{"max_grad_norm": 0.1, "weight_decay": w} for w in (0.1, 0.01)],
        "max_iter": 4,
    },
    "autoencoder": autoencoder(members=RATES),
    "tied weights": autoencoder(tied_weights=True, weights=True),
    "corruption": autoencoder(
        corruption="masking", members=[{"corruption_level": 0.1}, {"corruption_level": 0.4}]
    ),
    "sparse": autoencoder(sparsity="l1", corruption="gaussian"),
    "sparse, kl": autoencoder(sparsity="kl", code_activation="logistic", weights=True),
    "contractive": autoencoder(contractive_weight=0.1, activation="tanh", tied_weights=True),
    "variational": autoencoder(variational=True, beta=0.5, dropout=0.1),
    "activations": {"activation": ["gelu", "selu"], "hidden_layer_sizes": (5, 4)},
}


def assert_same_training(run, other):
    """Of one run trained in two ways."""
    exact = run.network.params.dtype == np.float64
    close = {"rtol": 1e-8, "atol": 1e-8} if exact else {"rtol": 1e-3, "atol": 1e-4}
    assert run.outcome == other.outcome
    assert run.n_iter == other.n_iter
    assert run.t == other.t
    assert run.network.params.dtype == other.network.params.dtype
    assert_allclose(run.network.params, other.network.params, **close)
    assert_allclose(run.network.state, other.network.state, **close)
    assert_allclose(run.history.loss_curve, other.history.loss_curve, **close)
    assert_allclose(run.history.gradient_norms, other.history.gradient_norms, **close)
    assert_allclose(run.history.validation_scores, other.history.validation_scores, **close)
    assert run.schedule.rate == pytest.approx(other.schedule.rate)
    assert run.optimizer.t == other.optimizer.t
    for moment, expected in zip(run.optimizer.moments, other.optimizer.moments, strict=True):
        assert_allclose(moment, expected, **close)
    assert_allclose(run.rows, other.rows)
    assert run.rng.randint(1 << 30) == other.rng.randint(1 << 30)
    if run.noise is not None:
        keys, mine, theirs = np.ones((1, 1)), np.empty((1, 2)), np.empty((1, 2))
        run.noise.uniform(keys, mine)
        other.noise.uniform(keys, theirs)
        assert_allclose(mine, theirs)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.parametrize("name", CASES)
def test_trained_together_as_alone(name):
    together_, alone = make_runs(**CASES[name]), make_runs(**CASES[name])
    assert len({run.key() for run in together_}) == 1
    train_population(together_)
    for run, other in zip(together_, alone, strict=True):
        train(other)
        assert_same_training(run, other)
        assert isinstance(run.optimizer.t, int)


def test_cases_end_at_different_times():
    """Otherwise closing ranks would not be tested."""
    for name in ("max_iter", "plateau", "early stopping"):
        runs = make_runs(**CASES[name])
        train_population(runs)
        assert len({run.n_iter for run in runs}) > 3, name
        assert any(run.outcome == "converged" for run in runs) == (name != "max_iter")


def test_members_with_equal_seeds_share_their_shuffles():
    runs = make_runs(**CASES["equal seeds"])
    batches = Population(runs).batches
    assert len(batches._streams) == 2
    batches.shuffle()
    alone = [run.rows.copy() for run in runs]
    for run, rows in zip(runs, alone, strict=True):
        run.rng.shuffle(rows)
    assert np.array_equal(batches._order, alone)


def test_a_generator_of_several_members_draws_for_one_after_the_other():
    runs = make_runs(n=3)
    for run in runs:
        run.rng = runs[0].rng
    rng = copy.deepcopy(runs[0].rng)
    batches = Population(runs).batches
    expected = [run.rows.copy() for run in runs]
    for _ in range(2):
        batches.shuffle()
        for rows in expected:
            rng.shuffle(rows)
        assert np.array_equal(batches._order, expected)
    batches.leave(1)
    batches.shuffle()
    rng.shuffle(expected[0])
    rng.shuffle(expected[2])
    assert np.array_equal(batches._order, expected)
    assert runs[0].rng.randint(1 << 30) == rng.randint(1 << 30)


@pytest.mark.parametrize("same", ["object", "content"])
def test_equal_data_are_kept_once(same):
    X, y = problem(0, "binary")
    runs = []
    for k in range(3):
        own = X if same == "object" else X.copy()
        weights = np.random.RandomState(k).uniform(1, 2, N_SAMPLES)
        runs.append(run_of(BackpropClassifier(random_state=k), own, y, sample_weight=weights))
    batches = Population(runs).batches
    assert [len(data) for data, _ in batches._sources.values()] == [53, 53, 159]
    order = batches._order + batches._sources["weights"][1]
    for k, run in enumerate(runs):
        assert_allclose(batches._sources["weights"][0][order[k]], run.weights[run.rows])


def test_members_are_told_apart_by_key():
    different = [
        {},
        {"hidden_layer_sizes": (6, 4)},
        {"activation": "tanh"},
        {"activation": ["relu", "tanh"]},
        {"batch_size": 11},
        {"solver": "sgd"},
        {"solver": "sgd", "nesterovs_momentum": False},
        {"dropout": 0.1},
        {"normalization": "layer"},
        {"normalization": "batch"},
        {"loss": "squared_error"},
        {"max_grad_norm": 1.0},
        {"early_stopping": True},  # trains on fewer rows
        {"class_weight": "balanced"},
        {"dtype": np.float32},
    ]
    runs = make_runs(members=different)
    assert len({run.key() for run in runs}) == len(runs)
    (lbfgs,) = make_runs(n=1, solver="lbfgs", batch_size="auto")
    assert lbfgs.key() is None


class Failing:
    """Raises in the third epoch of the members of one class."""

    def __init__(self, error, fails=True):
        self.error, self.fails, self.count = error, fails, 0

    def __call__(self, *args):
        self.count += 1
        if self.fails and self.count == 3:
            raise self.error
        return 1.0


@pytest.mark.parametrize("where", ["schedule", "score", "on_epoch"])
@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(), KeyboardInterrupt()])
def test_an_error_ends_its_own_run_only(where, error):
    def runs():
        params = {"early_stopping": True, "n_iter_no_change": 50} if where == "score" else {}
        made = make_runs(n=4, **params)
        for k, run in enumerate(made):
            failing = Failing(error, fails=k == 2)
            if where == "schedule":
                run.schedule.before_step, run.schedule.per_step = failing, True
            elif where == "score":
                run.stopping.validate = failing
            else:
                run.on_epoch = lambda run, failing=failing: failing() is None
        return made

    together_, alone = runs(), runs()
    train_population(together_)
    failed = together_.pop(2)
    alone.pop(2)
    if isinstance(error, KeyboardInterrupt):
        assert failed.outcome == "interrupted"
        assert failed.error is None
    else:
        assert failed.outcome == "failed"
        assert failed.error is error
    for run, other in zip(together_, alone, strict=True):
        train(other)
        assert run.outcome == "max_iter"
        assert_same_training(run, other)


def test_an_outcome_set_from_outside_ends_the_training():
    runs = make_runs(n=3, max_iter=10_000)

    def interrupt(run):
        if run.n_iter == 4:
            for one in runs:
                one.outcome = one.outcome or "interrupted"

    runs[1].on_epoch = interrupt
    train_population(runs)
    assert [run.n_iter for run in runs] == [4, 4, 3]


def test_on_epoch_sees_the_network_of_its_run():
    together_, alone = make_runs(members=RATES), make_runs(members=RATES)
    seen = {}
    for kind, runs in (("together", together_), ("alone", alone)):
        for k, run in enumerate(runs):
            seen[kind, k] = []
            run.on_epoch = lambda run, log=seen[kind, k]: log.append(run.network.params.copy())
    train_population(together_)
    for k, run in enumerate(alone):
        train(run)
        assert_allclose(seen["together", k], seen["alone", k], rtol=1e-8, atol=1e-8)


def test_a_member_that_has_ended_is_left_alone():
    """Its network, streams and moments stay as they were while the others go on."""
    runs = make_runs(members=[{"max_iter": 2}, *[{"max_iter": 9}] * 20], dropout=0.2)
    population = Population(runs)
    population.epoch()
    population.epoch()
    assert 0 not in population.active
    assert not population.is_thinned
    before = copy.deepcopy(runs[0])
    population.epoch()
    assert runs[1].n_iter == 3
    assert_same_training(runs[0], before)
