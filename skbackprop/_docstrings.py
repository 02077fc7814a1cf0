"""The documentation of shared parameters and attributes, written once for all estimators."""

import inspect
import textwrap

PARAMETERS = {
    "hidden_layer_sizes": """
        array-like of int
        Number of units of each hidden layer; ``()`` for none, which makes the model linear.""",
    "activation": """
        {"identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "gelu", \
"silu", "mish"}, Activation, or list of these
        Activation function of the hidden layers; a list has one for each.""",
    "solver": """
        {"lbfgs", "sgd", "adam"}
        "sgd" is gradient descent by mini-batches, with momentum; "adam" is that of Kingma and Ba;
        "lbfgs" is a quasi-Newton method on all rows at once, good for small data sets.""",
    "alpha": """
        float
        Strength of the L2 penalty α/2 ‖W‖², divided by the (weighted) number of samples. Biases are
        not penalised.""",
    "batch_size": """
        int or "auto"
        Rows of a mini-batch; "auto" is ``min(200, n_samples)``. Not used by "lbfgs".""",
    "learning_rate": """
        {"constant", "invscaling", "adaptive", "cosine", "one_cycle"} or callable
        Schedule of the learning rate, for "sgd" and "adam".

        - "constant": ``learning_rate_init`` throughout.
        - "invscaling": ``learning_rate_init / (t + 1) ** power_t`` after t samples.
        - "adaptive": divided by 5 each time ``n_iter_no_change`` epochs bring no improvement of
          ``tol``; training stops when it is 1e-6.
        - "cosine": falls to zero over ``max_iter`` epochs along half a cosine, step by step.
        - "one_cycle": rises for 30 % of ``max_iter`` epochs, then falls to almost zero.
        - callable(progress) -> factor, with progress in [0, 1] the share of ``max_iter`` epochs
          that are done; called before each step.""",
    "learning_rate_init": """
        float
        Initial learning rate; the highest for "one_cycle". Not used by "lbfgs".""",
    "power_t": """
        float
        Exponent of the "invscaling" schedule.""",
    "max_iter": """
        int
        Largest number of epochs, or of iterations for "lbfgs".""",
    "shuffle": """
        bool
        Whether to shuffle the rows before each epoch. Not used by "lbfgs".""",
    "random_state": """
        int, RandomState instance or None
        Draws initial weights, the validation set, the order of rows and random masks. Pass an int
        for reproducible results.""",
    "tol": """
        float
        Improvement of the loss, or of the validation score, that counts; training stops when
        ``n_iter_no_change`` epochs bring none. For "lbfgs", the gradient's size at convergence.""",
    "verbose": """
        bool or int
        Whether to print the loss (and validation score) of each epoch.""",
    "warm_start": """
        bool
        Whether ``fit`` goes on from the solution of the previous call, with the optimizer's
        moments; patience and best score start anew.""",
    "momentum": """
        float
        Momentum of "sgd", in [0, 1].""",
    "nesterovs_momentum": """
        bool
        Whether the momentum of "sgd" is Nesterov's.""",
    "early_stopping": """
        bool
        Whether to watch a score on a validation set instead of the training loss: training stops
        when it has not improved by ``tol`` for ``n_iter_no_change`` epochs, and the weights of the
        best epoch are put back. With every solver.""",
    "validation_fraction": """
        float
        Share of the training data held out for early stopping when ``fit`` is given no validation
        set.""",
    "beta_1": """
        float
        Decay rate of "adam"'s mean of gradients, in [0, 1).""",
    "beta_2": """
        float
        Decay rate of "adam"'s mean of squared gradients, in [0, 1).""",
    "epsilon": """
        float
        Numerical stability in "adam".""",
    "n_iter_no_change": """
        int or inf
        Epochs without improvement after which training stops.""",
    "max_fun": """
        int
        Largest number of evaluations of the loss by "lbfgs".""",
    "init": """
        {"glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal"}, \
callable or list
        Initial weights and biases.

        - "glorot_uniform": scikit-learn's scheme, biases drawn too; the other names start the
          biases at zero.
        - callable(rng, fan_in, fan_out) -> W or (W, b), W of shape (fan_in, fan_out) and b of shape
          (fan_out,), zero when left out; called once a layer, from input to output, with the
          ``RandomState`` of the fit.
        - list of (W, b), one a layer.""",
    "dropout": """
        float or list of float
        Share of the hidden units' activations that are set to zero at random in training, in [0,
        1); the rest are scaled up (inverted dropout). A list has one for each hidden layer. Not
        with "lbfgs".""",
    "normalization": """
        {"layer", "batch"} or None
        Normalization before the activation of each hidden layer.""",
    "weight_decay": """
        float
        Decoupled weight decay: each step scales the weights by 1 − learning rate · weight_decay.
        Biases are spared. Not used by "lbfgs".""",
    "max_grad_norm": """
        float or None
        Gradients whose L2 norm, over all parameters, is larger are scaled down to it. Not used by
        "lbfgs".""",
    "scoring": """
        str, callable or None
        What early stopping watches: None for the accuracy or R², "loss" for the negated loss on the
        validation set, the name of a scorer, or callable(estimator, X, y) -> float.""",
}

ATTRIBUTES = {
    "coefs_": """
        list of ndarray of shape (fan_in, fan_out)
        Weights of each layer.""",
    "intercepts_": """
        list of ndarray of shape (fan_out,)
        Biases of each layer.""",
    "n_features_in_": """
        int
        Number of features seen in ``fit``.""",
    "feature_names_in_": """
        ndarray of str of shape (`n_features_in_`,)
        Names of features seen in ``fit``, where all are strings.""",
    "n_layers_": """
        int
        Number of layers, input and output included.""",
    "n_outputs_": """
        int
        Number of output units.""",
    "out_activation_": """
        str
        Name of the output activation.""",
    "n_iter_": """
        int
        Epochs (iterations for "lbfgs") of the last call.""",
    "t_": """
        int
        Training samples seen by the solver; zero for "lbfgs".""",
    "loss_": """
        float
        Loss of the last epoch, penalty included.""",
    "best_loss_": """
        float or None
        Smallest loss of the last call; None with early stopping.""",
    "loss_curve_": """
        list of float
        Loss of each epoch. Calls of ``partial_fit`` and warm-started fits append.""",
    "validation_scores_": """
        list of float or None
        Validation score of each epoch, with early stopping.""",
    "best_validation_score_": """
        float or None
        Highest validation score of the last call, with early stopping.""",
    "gradient_norms_": """
        ndarray of shape (len(`loss_curve_`), `n_layers_` - 1)
        L2 norm of the loss's gradient with respect to the weights of each layer, at the last batch
        of each epoch; `n_iter_` rows after a fit from scratch.""",
}


def documented(**own):
    """Class decorator: fill ``{parameters}`` and ``{attributes}`` in the docstring.

    The parameters come in the order of the signature, with their defaults, described by ``own`` or
    else by ``PARAMETERS``; the attributes are ``ATTRIBUTES`` and those of ``own`` that
    end with "_".
    """

    def fill(cls):
        signature = inspect.signature(cls.__init__).parameters
        parameters = [
            _entry(name, own.get(name) or PARAMETERS[name], parameter.default)
            for name, parameter in signature.items()
            if name != "self"
        ]
        attributes = {name: text for name, text in own.items() if name.endswith("_")} | ATTRIBUTES
        cls.__doc__ = (
            inspect.cleandoc(cls.__doc__)
            .replace("{parameters}", "".join(parameters).strip())
            .replace("{attributes}", "".join(_entry(*item) for item in attributes.items()).strip())
        )
        return cls

    return fill


def _entry(name, text, default=inspect.Parameter.empty):
    """One numpydoc entry: name, type (and default), description."""
    kind, _, description = inspect.cleandoc(text).partition("\n")
    if default is not inspect.Parameter.empty:
        kind += f", default={default!r}".replace("'", '"')
    return f"{name} : {kind}\n{textwrap.indent(description, '    ')}\n\n"
