"""The examples in the order in which one would tell them."""

_ORDER = [
    "plot_spirals.py",
    "plot_xor.py",
    "plot_backprop_by_hand.py",
    "plot_gradient_flow.py",
    "plot_initialization.py",
    "plot_learning_rates.py",
    "plot_from_mlp.py",
    "plot_grid_search.py",
    "plot_tables.py",
    "plot_quantiles.py",
    "plot_hidden_features.py",
    "plot_spiral_autoencoder.py",
    "plot_digits_autoencoder.py",
    "plot_anomalies.py",
]


class NarrativeOrder:
    """Sort key for sphinx-gallery."""

    def __init__(self, source_directory):
        """The order is the same in every directory."""

    def __call__(self, filename):
        return (_ORDER.index(filename), "") if filename in _ORDER else (len(_ORDER), filename)

    def __repr__(self):
        return "NarrativeOrder"
