"""The playground's page in a headless browser: a person's clicks and keys, and what they see."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning

from skbackprop import BackpropClassifier
from skbackprop.inspection import trace

XOR = "#problem=xor&samples=4&noise=0&hidden=2&solver=sgd&rate=1&batchSize=0"


@pytest.fixture(name="open_page")
def _open_page(page, playground):
    """Open the page at a fragment, and look for errors when the test is over."""

    def open_page(fragment="", **options):
        page.open((playground / "index.html").as_uri() + fragment, **options)
        page.wait_for("window.playground !== undefined")
        page.wait_for_frame()
        return page

    yield open_page
    assert page.errors() == []


def number(page, selector):
    """The number that an element shows."""
    return float(page.text(selector).replace("−", "-").replace("%", ""))


def train(page, epochs):
    page.evaluate(
        f"for (let i = 0; i < {epochs}; i++) playground.epoch(); playground.onChange(false)"
    )
    page.wait_for_frame()


def weights_of(page):
    """The network's layers as (W, b), and the sample shown as (x, y)."""
    layers = page.evaluate(
        "playground.network.layers.map(({ W, b, fanIn }) => [fanIn, [...W], [...b]])"
    )
    sample = page.evaluate(
        """(() => { const { X, y } = playground.data.train, row = playground.sample;
            return [[X[2 * row], X[2 * row + 1]], y[row]]; })()"""
    )
    return [(np.reshape(W, (fan_in, -1)), np.array(b)) for fan_in, W, b in layers], sample


def shown(value):
    """A number with four significant digits, as the page writes it."""
    assert 1e-4 <= abs(value) < 1e5
    return f"{float(f'{value:.4g}'):g}".replace("-", "−")


# -- learning ------------------------------------------------------------------------------------


def test_it_learns_the_spirals_to_100_percent(open_page):
    page = open_page()
    loss = number(page, "#train-loss")
    assert number(page, "#train-accuracy") < 70
    page.evaluate("document.getElementById('speed').value = 'fast'")
    page.click("#play")
    page.wait_for_frame()
    assert "Pause" in page.text("#play")
    page.wait_for("document.getElementById('train-accuracy').textContent === '100 %'")
    page.click("#play")
    page.wait_for_frame()
    assert "Play" in page.text("#play")
    assert number(page, "#train-loss") < 0.1 * loss
    assert number(page, "#test-accuracy") > 90
    assert number(page, "#steps") == 20 * number(page, "#epochs")
    assert "All training points were right after" in page.text("#message")
    assert page.evaluate("document.querySelectorAll('#curve polyline').length") == 2


def test_one_step_and_one_epoch(open_page):
    page = open_page()
    page.click("#step")
    page.wait_for_frame()
    assert (page.text("#epochs"), page.text("#steps")) == ("0", "1")
    page.click("#epoch")
    page.wait_for_frame()
    assert (page.text("#epochs"), page.text("#steps")) == ("1", "20")
    page.click("#epoch")
    page.wait_for_frame()
    assert (page.text("#epochs"), page.text("#steps")) == ("2", "40")
    page.click("#reset")
    page.wait_for_frame()
    assert (page.text("#epochs"), page.text("#steps")) == ("0", "0")


@pytest.mark.parametrize("fragment", ["", "#problem=circles&solver=nesterov&hidden=5&noise=25"])
def test_the_copied_code_trains_the_same_network(open_page, fragment):
    page = open_page(fragment)
    train(page, 60)
    page.click("#copy")
    page.wait_for("document.getElementById('copied').textContent === 'Copied'")
    code = page.evaluate("navigator.clipboard.readText()")
    assert code == page.evaluate("document.getElementById('python').textContent")
    variables = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        exec(compile(code, "copied", "exec"), variables)
    clf = variables["clf"]
    assert clf.n_iter_ == 60
    layers, _ = weights_of(page)
    # rounding errors have grown over 1200 steps
    for (W, b), coef, intercept in zip(layers, clf.coefs_, clf.intercepts_, strict=True):
        assert_allclose(W, coef, rtol=1e-6, atol=1e-6)
        assert_allclose(b, intercept, rtol=1e-6, atol=1e-6)
    for selector, part in [("#train-accuracy", "X, y"), ("#test-accuracy", "X_test, y_test")]:
        score = eval(f"clf.score({part})", variables)
        assert number(page, selector) == pytest.approx(100 * score)


def test_the_copied_code_says_in_what_it_differs(open_page):
    page = open_page()
    assert "max_iter=100," in page.text("#python")
    page.click("#step")
    page.evaluate(
        """(() => { const select = document.getElementById("rate");
            select.selectedIndex += 1; select.dispatchEvent(new Event("change")); })()"""
    )
    page.wait_for_frame()
    assert page.text("#steps") == "1"  # the rate may change during training
    assert "# The page stands in the middle of epoch 1" in page.text("#python")
    assert "# The learning rate was changed during training" in page.text("#python")
    assert "learning_rate_init=0.03," in page.text("#python")


def test_divergence_is_said(open_page):
    page = open_page(
        "#activation=identity&loss=log_loss&solver=sgd&rate=10&hidden=16-16-16&alpha=10"
    )
    page.evaluate("document.getElementById('speed').value = 'fast'")
    page.click("#play")
    page.wait_for("playground.hasDiverged")
    page.wait_for_frame()
    assert "no longer a finite number" in page.text("#message")
    assert page.evaluate("document.getElementById('play').disabled")
    page.click("#reset")
    page.wait_for_frame()
    assert page.text("#message") == ""
    assert not page.evaluate("document.getElementById('play').disabled")


# -- numbers -------------------------------------------------------------------------------------


def traced(page, activation):
    """The trace of the sample that the page shows, with the page's weights."""
    layers, (x, y) = weights_of(page)
    clf = BackpropClassifier(
        [len(b) for _, b in layers[:-1]],
        activation,
        init=layers,
        alpha=0,
        learning_rate_init=1e-300,
    )
    return trace(clf.partial_fit([x], [y], classes=[0, 1]), [x], [y])


def test_pointing_at_a_unit_shows_its_numbers(open_page):
    page = open_page()
    train(page, 10)
    expected = traced(page, "tanh").layers
    page.point_at('.unit[data-l="1"][data-j="2"]')
    page.wait_for_frame()
    panel = page.text("#panel")
    first, second = expected[0], expected[1]
    assert "Unit 3 of layer 1" in panel
    assert page.text("#plane-title") == "Unit 3 of layer 1"
    for values in (first.z, first.a, first.a_grad, first.derivative, first.delta):
        assert f"= {shown(values[0, 2])}" in panel
    assert f"tanh({shown(first.z[0, 2])})" in panel
    for weight in second.coef[2]:
        assert shown(weight) in panel
    page.point_at("h1")
    page.wait_for_frame()
    assert page.text("#plane-title") == "Prediction"
    assert "The output unit" in page.text("#panel")
    assert f"= {shown(expected[2].delta[0, 0])}" in page.text("#panel")


def test_pointing_at_a_connection_shows_its_gradient(open_page):
    page = open_page("#hidden=3")
    train(page, 5)
    expected = traced(page, "tanh").layers[1]
    # near the left end, where no other connection is
    place = page.evaluate(
        """(() => { const path = document.querySelector('.target[data-l="2"][data-i="2"]');
            path.scrollIntoView({ block: "center", behavior: "instant" });
            const { x, y } = path.getPointAtLength(0.4 * path.getTotalLength());
            const point = new DOMPoint(x, y).matrixTransform(path.getScreenCTM());
            return { x: point.x, y: point.y }; })()"""
    )
    page.browser.send("Input.dispatchMouseEvent", type="mouseMoved", **place)
    page.wait_for_frame()
    panel = page.text("#panel")
    assert "The weight from unit 3 of layer 1 to the output unit" in panel
    for value in (expected.coef[2, 0], expected.coef_grad[2, 0], expected.inputs[0, 2]):
        assert shown(value) in panel
    assert "mean of" in panel  # ∂E/∂w of the last step
    for kind in ("mousePressed", "mouseReleased"):
        options = {"type": kind, "button": "left", "clickCount": 1}
        page.browser.send("Input.dispatchMouseEvent", **options, **place)
    page.point_at("h1")
    page.wait_for_frame()
    assert "The weight from unit 3" in page.text("#panel")  # a click keeps it


def test_a_click_on_the_plane_chooses_the_sample(open_page):
    page = open_page(XOR)
    assert page.evaluate("document.getElementById('sample').value") == "1"
    box = page.evaluate(
        """(() => { const plane = document.getElementById("plane");
            plane.scrollIntoView({ block: "center", behavior: "instant" });
            const { x, y, width } = plane.getBoundingClientRect(); return [x, y, width]; })()"""
    )
    for kind in ("mousePressed", "mouseReleased"):  # at the top right, where (1, 1) is
        options = {"type": kind, "button": "left", "clickCount": 1}
        x, y = box[0] + 0.9 * box[2], box[1] + 0.1 * box[2]
        page.browser.send("Input.dispatchMouseEvent", **options, x=x, y=y)
    page.wait_for_frame()
    assert page.evaluate("document.getElementById('sample').value") == "4"
    assert "x = (1, 1), y = 0" in page.text("#sample-text")


def test_slow_motion_goes_forward_and_backward(open_page):
    page = open_page(XOR)
    losses = []
    page.click("#slow")
    page.click("#stage-play")  # from here by hand
    page.wait_for_frame()
    seen = []
    while not seen or not seen[-1][0].startswith("The update"):
        title = page.text("#panel h3")
        lit = page.evaluate("[...document.querySelectorAll('.unit.lit')].map((u) => u.dataset.l)")
        flowing = page.evaluate(
            "[...document.querySelectorAll('.edge.flow')].map((e) => Number(e.dataset.l))"
        )
        seen.append((title, sorted(set(lit)), sorted(set(flowing))))
        losses.append(page.evaluate("playground.currentPass().pass.losses[0]"))
        assert page.text("#steps") == ("1" if title.startswith("The update") else "0")
        if len(seen) < 8:
            page.click("#stage-next")
            page.wait_for_frame()
    assert seen == [
        ("The sample comes in", ["0"], []),
        ("Forward, layer 1", ["1"], [1]),
        ("Forward, output", ["2"], [2]),
        ("The loss", ["2"], []),
        ("Backward, output", ["2"], []),
        ("Backward, layer 1", ["1"], [2]),
        ("The whole batch", [], []),
        ("The update", ["1", "2"], []),
    ]
    said = f"was {shown(losses[0])} and is {shown(losses[-1])} now"
    assert said in page.text("#panel")
    page.click("#stage-next")
    page.wait_for_frame()
    assert page.text("#panel h3") == "The sample comes in"
    page.click("#stage-end")
    page.wait_for_frame()
    assert page.evaluate("document.getElementById('stages').hidden")


def test_slow_motion_runs_by_itself(open_page):
    page = open_page(XOR)
    page.click("#slow")
    page.wait_for("document.querySelector('#panel h3').textContent === 'Forward, layer 1'")


# -- keyboard ------------------------------------------------------------------------------------


def tab_to(page, element):
    """Press Tab until an element has the focus, at most as often as there are controls."""
    for _ in range(60):
        if page.evaluate(f"document.activeElement?.matches({element!r})"):
            return
        page.press("Tab")
    raise AssertionError(f"Tab does not reach {element}")


def test_buttons_work_with_the_keyboard(open_page):
    page = open_page()
    tab_to(page, "#play")
    page.press("Enter")
    page.wait_for("playground.training.epochs > 1")
    page.press(" ")
    page.wait_for_frame()
    steps = number(page, "#steps")
    tab_to(page, "#step")
    page.press("Enter")
    page.wait_for_frame()
    assert number(page, "#steps") == steps + 1
    tab_to(page, "#reset")
    page.press(" ")
    page.wait_for_frame()
    assert number(page, "#steps") == 0


def test_settings_work_with_the_keyboard(open_page):
    page = open_page()
    tab_to(page, '[value="spirals"]')
    page.press("ArrowRight")
    page.wait_for_frame()
    assert "make_xor(200" in page.text("#python")
    tab_to(page, "#noise")
    page.press("ArrowRight")
    page.wait_for_frame()
    assert "noise=0.075" in page.text("#python")
    tab_to(page, "#more-layers")
    page.press("Enter")
    page.wait_for_frame()
    assert "hidden_layer_sizes=(8, 8, 8)" in page.text("#python")
    tab_to(page, "#solver")
    page.press("ArrowDown")
    page.wait_for_frame()
    assert 'solver="sgd"' in page.text("#python")
    tab_to(page, '[aria-label="Add a unit to layer 2"]')
    page.press("Enter")
    page.press("Enter")
    page.wait_for_frame()
    assert "hidden_layer_sizes=(8, 10, 8)" in page.text("#python")
    assert page.evaluate("location.hash") == "#problem=xor&noise=15&hidden=8-10-8&solver=sgd"


def test_units_and_weights_are_reached_with_the_keyboard(open_page):
    page = open_page(XOR)
    tab_to(page, ".unit")
    page.press("ArrowRight")
    page.wait_for_frame()
    assert "Unit 1 of layer 1" in page.text("#panel")
    page.press("ArrowDown")
    page.wait_for_frame()
    assert "Unit 2 of layer 1" in page.text("#panel")
    page.press("w")
    page.wait_for_frame()
    assert "The weight from input 1 to unit 2 of layer 1" in page.text("#panel")
    page.press("w")
    page.wait_for_frame()
    assert "The weight from input 2 to unit 2 of layer 1" in page.text("#panel")
    page.press("Escape")
    page.wait_for_frame()
    assert "The output unit" in page.text("#panel")
    tab_to(page, "#sample")
    page.press("ArrowUp")
    page.wait_for_frame()
    assert "x = (−1, 1), y = 1" in page.text("#sample-text")


# -- looks ---------------------------------------------------------------------------------------

CUT_OFF = """
[...document.querySelectorAll("body *")].filter((element) => {
    const box = element.getBoundingClientRect();
    if (!box.width || element.closest("pre, .scroll, legend")) return false;
    if (box.left < -0.5 || box.right > innerWidth + 0.5) return true;
    const style = getComputedStyle(element);
    return style.overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1;
}).map((element) => element.outerHTML.slice(0, 120))
"""

OVERLAPPING = """
(() => {
    const buttons = [...document.querySelectorAll("button:not(.unit), .unit, select, input")];
    const boxes = buttons.map((button) => button.getBoundingClientRect()).filter((b) => b.width);
    const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b))).length;
})()
"""

LOW_CONTRAST = """
(() => {
    const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const parse = (color) => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (rgb) => {
        const [r, g, b] = rgb.map((v) => v / 255)
            .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let e = element; e; e = e.parentElement) {
            const color = parse(getComputedStyle(e).backgroundColor);
            if (color[3] > 200) return color;
        }
        return [255, 255, 255, 255];
    };
    const low = [];
    for (const element of document.querySelectorAll("body *")) {
        const hasText = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        if (!hasText || !element.checkVisibility()) continue;
        if (element.closest(":disabled, script, style")) continue;
        const style = getComputedStyle(element);
        const color = element.closest("svg") ? style.fill : style.color;
        const [a, b] = [parse(color), behind(element)].map((c) => luminance(c.slice(0, 3)));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push([element.outerHTML.slice(0, 80), ratio]);
    }
    return low;
})()
"""


@pytest.mark.parametrize("width", [360, 400, 900, 1400])
@pytest.mark.parametrize("fragment", ["", "#hidden=16-16-16-16", "#hidden=", XOR])
def test_nothing_is_cut_off(open_page, fragment, width):
    page = open_page(fragment, width=width)
    train(page, 3)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(OVERLAPPING) == 0
    page.click("#slow")
    for _ in range(3):
        page.click("#stage-next")
    page.wait_for_frame()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_follow_the_preference_and_can_be_read(open_page, dark):
    page = open_page(dark=dark)
    train(page, 60)
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    brightness = np.mean([int(v) for v in background[4:-1].split(",")])
    assert (brightness < 60) if dark else (brightness > 200)
    assert page.evaluate(LOW_CONTRAST) == []
    page.click("#slow")
    for _ in range(5):
        page.click("#stage-next")
    page.wait_for_frame()
    assert page.evaluate(LOW_CONTRAST) == []
    plane = """(() => { const plane = document.getElementById("plane");
        const { data } = plane.getContext("2d").getImageData(0, 0, plane.width, plane.height);
        return data.reduce((a, b) => a + b, 0) / data.length; })()"""
    as_preferred = page.evaluate(plane)  # alpha is a quarter of the mean
    page.click("#theme")
    page.wait_for_frame()
    assert page.evaluate("document.documentElement.dataset.theme") == ("light" if dark else "dark")
    assert (page.evaluate(plane) > as_preferred + 30) == dark
    assert page.evaluate(LOW_CONTRAST) == []


def test_nothing_is_fetched(open_page):
    page = open_page()
    page.click("#epoch")
    page.wait_for_frame()
    addresses = [url for url in page.requests() if not url.startswith(("data:", "about:"))]
    assert [url.split("#")[0].rsplit("/", 1)[-1] for url in addresses] == ["index.html"]
    assert addresses[0].startswith("file:")


def test_within_another_page_it_takes_its_theme_and_tells_its_height(page, playground, tmp_path):
    address = (playground / "index.html").as_uri()
    (tmp_path / "outer.html").write_text(
        f"""<!doctype html><iframe src="{address}" style="width: 600px"></iframe><script>
        const frame = document.querySelector("iframe");
        window.addEventListener("message", ({{ data }}) => (window.height = data.playgroundHeight));
        frame.onload = () => frame.contentWindow.postMessage({{ theme: "dark" }}, "*");
        </script>"""
    )
    page.open((tmp_path / "outer.html").as_uri())
    page.wait_for("window.height > 1000")
    page.evaluate("frame.style.height = window.height + 'px'")
    page.evaluate("new Promise(done => setTimeout(done, 300))")
    assert page.evaluate("window.height") < 6000  # and does not grow with the frame
    assert page.evaluate_in_frames("document.documentElement.dataset.theme") == [None, "dark"]
    assert page.errors() == []


def test_experiments_set_the_page_up(open_page):
    page = open_page("#seed=5")
    count = page.evaluate("document.querySelectorAll('[data-experiment]').length")
    assert count > 5
    addresses = set()
    for k in range(count):
        page.click(f'[data-experiment="{k}"]')
        page.click("#epoch")
        page.wait_for_frame()
        assert page.text("#epochs") == "1"
        addresses.add(page.evaluate("location.hash"))
    assert len(addresses) == count
