"""Names, numbers and formulas as a trace writes them."""

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789ij", "₀₁₂₃₄₅₆₇₈₉ᵢⱼ")


def name(symbol, layer=None, *indices):
    """A symbol, its layer as a superscript, its indices as subscripts: z¹₂, w²ᵢ₁.

    Parameters
    ----------
    symbol : str
    layer : int or None
        None for the input and the target.
    *indices : int, "i", "j" or None
        Units, counted from 1; None leaves an index out.
    """
    upper = "" if layer is None else str(layer).translate(_SUPERSCRIPTS)
    lower = "".join(str(index).translate(_SUBSCRIPTS) for index in indices if index is not None)
    return f"{symbol}{upper}{lower}"


def names(symbol, layer, width):
    """The names of the units of a layer: z¹ for a lone unit, else z¹₁, z¹₂ and so on."""
    return [name(symbol, layer, j + 1 if width > 1 else None) for j in range(width)]


class Numbers:
    """Writes numbers for a pocket calculator.

    Parameters
    ----------
    precision : int
        Significant digits.
    max_items : int
        Terms of a sum, or numbers of a list, shown before the rest is left out.
    """

    def __init__(self, precision, max_items):
        self.precision = precision
        self.max_items = max_items

    def one(self, value):
        """A number."""
        return f"{float(value) + 0.0:.{self.precision}g}"  # + 0.0: no negative zero

    def factor(self, value):
        """A number that others are multiplied by: negative ones in parentheses."""
        text = self.one(value)
        return f"({text})" if text.startswith("-") else text

    def product(self, first, *others):
        """The factors of a product."""
        return "·".join([self.one(first), *(self.factor(value) for value in others)])

    def products(self, left, right):
        """The terms of a scalar product."""
        return self.cut([self.product(*pair) for pair in zip(left, right, strict=True)])

    def cut(self, items):
        """A list without the items that are too many."""
        return items if len(items) <= self.max_items else [*items[: self.max_items], "…"]

    def sum(self, terms):
        """The terms of a sum."""
        signed = (f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in terms[1:])
        return "".join([terms[0], *signed])

    def many(self, values, factor=False):
        """A list of numbers; a lone one without brackets."""
        if len(values) == 1:
            return self.factor(values[0]) if factor else self.one(values[0])
        return f"[{', '.join(self.cut([self.one(value) for value in values]))}]"


#: σ′ by activation: the formula, and its numbers given a.
DERIVATIVES = {
    "identity": ("", None),
    "logistic": ("{a}·(1 - {a})", lambda n, a: f"{n.one(a)}·(1 - {n.one(a)})"),
    "tanh": ("1 - ({a})²", lambda n, a: f"1 - {n.factor(a)}²"),
    "relu": ("1 if {z} > 0 else 0", None),
}


def _difference(n, a, y):
    return f"{n.one(a)} - {n.factor(y)}"


def _half_square(n, a, y):
    return f"½·({_difference(n, a, y)})²"


def _cross_entropy(n, a, y):
    return f"-{n.one(y)}·log({n.one(a)}) - {n.one(1 - y)}·log({n.one(1 - a)})"


def _log_of_class(n, a, y):
    return f"-{n.one(y)}·log({n.one(a)})" if y else ""


def _deviance(n, a, y):
    term = f" + {n.one(y)}·log({n.one(y)} / {n.one(a)})" if y else ""
    return f"{_difference(n, a, y)}{term}"


#: The loss of one output by loss and link: the formula, and its numbers given a and y, "" for 0.
#: s² is the mean squared residual of the batch.
LOSSES = {
    ("squared_error", "identity"): ("½·({a} - y)²", _half_square),
    ("squared_error", "logistic"): ("½·({a} - y)²", _half_square),
    ("squared_error", "softmax"): ("½·({a} - y)²", _half_square),
    ("gaussian_likelihood", "identity"): ("½·(({a} - y)²/s² + log s²)", None),
    ("gaussian_likelihood", "logistic"): ("½·(({a} - y)²/s² + log s²)", None),
    ("log_loss", "logistic"): ("-y·log({a}) - (1 - y)·log(1 - {a})", _cross_entropy),
    ("log_loss", "softmax"): ("-y·log({a})", _log_of_class),
    ("poisson", "exp"): ("{a} - y + y·log(y / {a})", _deviance),
    ("absolute_error", "identity"): ("|{a} - y|", lambda n, a, y: f"|{_difference(n, a, y)}|"),
}

#: δ of the output layer by loss and link: the formula, and its numbers given a and y.
DELTAS = {
    ("squared_error", "identity"): ("{a} - {y}", _difference),
    ("squared_error", "softmax"): ("{a}·(({a} - {y}) - Σ a·(a - y))", None),
    ("gaussian_likelihood", "identity"): ("({a} - {y})/s²", None),
    ("log_loss", "logistic"): ("{a} - {y}", _difference),
    ("log_loss", "softmax"): ("{a} - {y}", _difference),
    ("poisson", "exp"): ("{a} - {y}", _difference),
    ("absolute_error", "identity"): (
        "sign({a} - {y})",
        lambda n, a, y: f"sign({_difference(n, a, y)})",
    ),
}
