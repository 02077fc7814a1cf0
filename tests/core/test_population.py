"""K jobs trained together equal the K trained alone."""

import copy
import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skbackprop import BackpropAutoencoder, BackpropClassifier, BackpropRegressor
from skbackprop._estimator.context import meeting_point
from skbackprop.core.schedules import Schedule
from skbackprop.core.training.batches import PopulationBatches
from skbackprop.core.training.population import Population, train_population

N_SAMPLES = 53  # the last of the batches of 10 is short


class Caught(Exception):
    """Ends a fit when its job has been caught."""


def job_of(estimator, X, y, **fit_params):
    """The job that ``fit`` would train."""
    caught = []

    def catch(jobs):
        (job,) = jobs
        data = (job.problem.X, job.problem.Y)
        caught.append(copy.deepcopy(job, {id(one): one for one in data}))
        raise Caught

    token = meeting_point.set(catch)
    try:
        with pytest.raises(Caught):
            estimator.fit(X, y, **fit_params)
    finally:
        meeting_point.reset(token)
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


def make_jobs(
    kind="binary", estimator=BackpropClassifier, n=3, members=(), weights=False, **params
):
    """Jobs on data of their own; ``members`` holds what is particular to each."""
    defaults = {"hidden_layer_sizes": (6, 5), "batch_size": 10, "max_iter": 12, "tol": 0.0}
    members = members or [{}] * n
    jobs = []
    for k, own in enumerate(members):
        own = {"random_state": k, **defaults, **params, **own}
        X, y = problem(k // 2, kind)  # some members share their data
        dtype = own.pop("dtype", np.float64)
        fit_params = {}
        if weights:
            fit_params["sample_weight"] = np.random.RandomState(k).uniform(0, 2, N_SAMPLES)
        jobs.append(job_of(estimator(**own), X.astype(dtype), y, **fit_params))
    return jobs


def regressor(**case):
    return {"kind": "regression", "estimator": BackpropRegressor, **case}


def autoencoder(**case):
    default = {"hidden_layer_sizes": (6,), "tol": 1e-4}  # no effect with "cosine"
    return {"estimator": BackpropAutoencoder, **default, **case}


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
        "members": [{"momentum": 0.5}, {"momentum": 0.9}, {"momentum": 0.1}],
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
        "tol": 1e-4,
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


def assert_same_training(job, other):
    """Of one job trained in two ways."""
    state, expected = job.state, other.state
    exact = state.network.params.dtype == np.float64
    close = {"rtol": 1e-8, "atol": 1e-8} if exact else {"rtol": 1e-3, "atol": 1e-4}
    for name in ("outcome", "n_iter", "n_epochs", "n_samples", "n_steps", "n_plateaus"):
        assert getattr(state, name) == getattr(expected, name), name
    assert state.n_no_improvement == expected.n_no_improvement
    assert state.network.params.dtype == expected.network.params.dtype
    assert_allclose(state.network.params, expected.network.params, **close)
    assert_allclose(state.network.statistics, expected.network.statistics, **close)
    assert_allclose(state.initial_loss, expected.initial_loss, **close)
    assert_allclose(state.history.loss_curve, expected.history.loss_curve, **close)
    assert_allclose(state.history.gradient_norms, expected.history.gradient_norms, **close)
    assert_allclose(state.history.validation_scores, expected.history.validation_scores, **close)
    rates = [one.solver.rate(one.state) for one in (job, other)]
    assert rates[0] == pytest.approx(rates[1])
    for moment, moment_alone in zip(state.moments, expected.moments, strict=True):
        assert_allclose(moment, moment_alone, **close)
    assert state.rng.randint(1 << 30) == expected.rng.randint(1 << 30)
    if state.noise is not None:
        keys, work = np.ones((1, 1)), np.empty((2, 1, 2))
        mine, theirs = np.empty((1, 2)), np.empty((1, 2))
        state.noise.uniform(keys, mine, work)
        expected.noise.uniform(keys, theirs, work)
        assert_allclose(mine, theirs)


def key_of(job):
    return job.solver.population_key(job)


def population_of(jobs):
    for job in jobs:
        job.state.set_up_moments(job.solver.optimizer)
    return Population(jobs, PopulationBatches(jobs))


@pytest.mark.parametrize("name", CASES)
def test_trained_together_as_alone(name):
    together, alone = make_jobs(**CASES[name]), make_jobs(**CASES[name])
    assert len({key_of(job) for job in together}) == 1
    train_population(together)
    for job, other in zip(together, alone, strict=True):
        other.train()
        assert_same_training(job, other)
        assert isinstance(job.state.n_steps, int)


def test_cases_end_at_different_times():
    """Otherwise nothing would be tested of members that have ended."""
    for name in ("max_iter", "plateau", "early stopping"):
        jobs = make_jobs(**CASES[name])
        train_population(jobs)
        assert len({job.state.n_iter for job in jobs}) > 3, name
        outcomes = {job.state.outcome for job in jobs}
        assert ("converged" in outcomes) == (name != "max_iter")


def test_members_with_equal_seeds_share_their_shuffles():
    jobs = make_jobs(**CASES["equal seeds"])
    batches = PopulationBatches(jobs)
    assert len(batches._shufflers) == 2
    batches.shuffle()
    alone = [job.problem.rows.copy() for job in jobs]
    for job, rows in zip(jobs, alone, strict=True):
        job.state.rng.shuffle(rows)
    assert np.array_equal(batches._order, alone)


def test_a_generator_of_several_members_draws_for_one_after_the_other():
    jobs = make_jobs(n=3)
    for job in jobs:
        job.state.rng = jobs[0].state.rng
    rng = copy.deepcopy(jobs[0].state.rng)
    batches = PopulationBatches(jobs)
    expected = [job.problem.rows.copy() for job in jobs]
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
    assert jobs[0].state.rng.randint(1 << 30) == rng.randint(1 << 30)


@pytest.mark.parametrize("same", ["object", "content"])
def test_equal_data_are_kept_once(same):
    X, y = problem(0, "binary")
    jobs = []
    for k in range(3):
        own = X if same == "object" else X.copy()
        weights = np.random.RandomState(k).uniform(1, 2, N_SAMPLES)
        jobs.append(job_of(BackpropClassifier(random_state=k), own, y, sample_weight=weights))
    batches = PopulationBatches(jobs)
    assert [len(data) for data, _ in batches._sources.values()] == [53, 53, 159]
    data, starts = batches._sources["sample_weight"]
    for order, job in zip(batches._order + starts, jobs, strict=True):
        assert_allclose(data[order], job.problem.sample_weight[job.problem.rows])


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
    jobs = make_jobs(members=different)
    assert len({key_of(job) for job in jobs}) == len(jobs)
    (lbfgs,) = make_jobs(n=1, solver="lbfgs", batch_size="auto")
    assert key_of(lbfgs) is None
    (untrained,) = make_jobs(n=1, max_iter=0)
    assert key_of(untrained) is None


class Failing:
    """Raises in the third epoch of the members of one class."""

    def __init__(self, error, fails=True):
        self.error, self.fails, self.count = error, fails, 0

    def __call__(self, *args):
        self.count += 1
        if self.fails and self.count == 3:
            raise self.error
        return 1.0


@dataclasses.dataclass(frozen=True)
class FailingSchedule(Schedule):
    """A schedule that calls a function of the user's."""

    function: Failing | None = None

    per_step = True

    def rate(self, **_):
        return self.initial_rate * self.function()


@pytest.mark.parametrize("where", ["schedule", "score", "on_epoch"])
@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(), KeyboardInterrupt()])
def test_an_error_ends_its_own_job_only(where, error):
    def jobs():
        params = {"early_stopping": True, "n_iter_no_change": 50} if where == "score" else {}
        made = make_jobs(n=4, **params)
        for k, job in enumerate(made):
            failing = Failing(error, fails=k == 2)
            if where == "schedule":
                schedule = FailingSchedule(job.solver.schedule.initial_rate, failing)
                job.solver = dataclasses.replace(job.solver, schedule=schedule)
            elif where == "score":
                job.validate = failing
            else:
                job.on_epoch = lambda job, failing=failing: failing() is None
        return made

    together, alone = jobs(), jobs()
    train_population(together)
    failed = together.pop(2)
    alone.pop(2)
    if isinstance(error, KeyboardInterrupt):
        assert failed.state.outcome == "interrupted"
        assert failed.error is None
    else:
        assert failed.state.outcome == "failed"
        assert failed.error is error
    for job, other in zip(together, alone, strict=True):
        other.train()
        assert job.state.outcome == "max_iter"
        assert_same_training(job, other)


def test_an_outcome_set_from_outside_ends_the_training():
    jobs = make_jobs(n=3, max_iter=10_000)

    def interrupt(job):
        if job.state.n_iter == 4:
            for one in jobs:
                one.state.outcome = one.state.outcome or "interrupted"

    jobs[1].on_epoch = interrupt
    train_population(jobs)
    assert [job.state.n_iter for job in jobs] == [4, 4, 3]


def test_on_epoch_sees_the_network_of_its_job():
    together, alone = make_jobs(members=RATES), make_jobs(members=RATES)
    seen = {}
    for kind, jobs in (("together", together), ("alone", alone)):
        for k, job in enumerate(jobs):
            log = seen[kind, k] = []
            job.on_epoch = lambda job, log=log: log.append(job.state.network.params.copy())
    train_population(together)
    for k, job in enumerate(alone):
        job.train()
        assert_allclose(seen["together", k], seen["alone", k], rtol=1e-8, atol=1e-8)


def test_a_member_that_has_ended_is_left_alone():
    """Its network, generators and moments stay as they were while the others go on."""
    jobs = make_jobs(members=[{"max_iter": 2}, *[{"max_iter": 9}] * 20], dropout=0.2)
    population = population_of(jobs)
    population.epoch()
    population.epoch()
    assert 0 not in population.active
    assert not population.has_many_ended
    before = copy.deepcopy(jobs[0])
    population.epoch()
    assert jobs[1].state.n_iter == 3
    assert_same_training(jobs[0], before)
