"""Names, numbers and formulas as a trace writes them."""

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def name(symbol, number):
    """A symbol with a subscript: z₁."""
    return f"{symbol}{str(number).translate(_SUBSCRIPTS)}"


def names(symbol, number, width):
    """The names of the units of a layer: z₁ for a lone unit, else z₁,₁ z₁,₂ and so on."""
    if width == 1:
        return [symbol if number is None else name(symbol, number)]
    prefix = symbol if number is None else f"{name(symbol, number)},"
    return [name(prefix, j + 1) for j in range(width)]


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
        pairs = list(zip(left, right, strict=True))
        terms = [self.product(*pair) for pair in pairs[: self.max_items]]
        return terms if len(pairs) <= self.max_items else [*terms, "…"]

    def sum(self, terms):
        """The terms of a sum."""
        signed = (f" - {t[1:]}" if t.startswith("-") else f" + {t}" for t in terms[1:])
        return "".join([terms[0], *signed])

    def many(self, values, factor=False):
        """A list of numbers; a lone one without brackets."""
        if len(values) == 1:
            return self.factor(values[0]) if factor else self.one(values[0])
        shown = [self.one(value) for value in values[: self.max_items]]
        if len(values) > self.max_items:
            shown.append("…")
        return f"[{', '.join(shown)}]"


#: σ′ by activation: the formula, and its numbers given a.
DERIVATIVES = {
    "identity": ("", None),
    "logistic": ("{a}·(1 - {a})", lambda n, a: f"{n.one(a)}·(1 - {n.one(a)})"),
    "tanh": ("1 - {a}²", lambda n, a: f"1 - {n.factor(a)}²"),
    "relu": ("1 if {z} > 0 else 0", None),
}


def _difference(n, a, y):
    return f"{n.one(a)} - {n.factor(y)}"


def _cross_entropy(n, a, y):
    return f"-{n.one(y)}·log({n.one(a)}) - {n.one(1 - y)}·log({n.one(1 - a)})"


#: ℓ of one output by loss and link: the formula, and its numbers given a and y.
LOSSES = {
    ("squared_error", "identity"): ("½·({a} - y)²", lambda n, a, y: f"½·({_difference(n, a, y)})²"),
    ("squared_error", "logistic"): ("½·({a} - y)²", lambda n, a, y: f"½·({_difference(n, a, y)})²"),
    ("squared_error", "softmax"): ("½·({a} - y)²", None),
    ("log_loss", "logistic"): ("-y·log({a}) - (1 - y)·log(1 - {a})", _cross_entropy),
    ("log_loss", "softmax"): ("-y·log({a})", None),
    ("poisson", "exp"): ("{a} - y + y·log(y / {a})", None),
    ("absolute_error", "identity"): ("|{a} - y|", lambda n, a, y: f"|{_difference(n, a, y)}|"),
}

#: δ of the output layer by loss and link: the formula, and its numbers given a, z and y.
DELTAS = {
    ("squared_error", "identity"): ("{a} - {y}", lambda n, a, z, y: _difference(n, a, y)),
    ("squared_error", "softmax"): ("{a}·(({a} - {y}) - Σ a·(a - y))", None),
    ("log_loss", "logistic"): ("{a} - {y}", lambda n, a, z, y: _difference(n, a, y)),
    ("log_loss", "softmax"): ("{a} - {y}", lambda n, a, z, y: _difference(n, a, y)),
    ("poisson", "exp"): ("{a} - {y}", lambda n, a, z, y: _difference(n, a, y)),
    ("absolute_error", "identity"): (
        "sign({a} - {y})",
        lambda n, a, z, y: f"sign({_difference(n, a, y)})",
    ),
}
