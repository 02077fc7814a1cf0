"""A headless Chromium, driven through its DevTools protocol over a pair of pipes.

The protocol: https://chromedevtools.github.io/devtools-protocol/. With ``--remote-debugging-pipe``
Chromium reads commands from file descriptor 3 and writes answers and events to 4, each a JSON text
that ends with a null byte; so nothing but the standard library is needed.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # the pages are the project's own, and containers run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)
#: What ``Page.press`` needs to know of the keys that write nothing.
KEYS = {
    "Tab": 9,
    "Enter": 13,
    "Escape": 27,
    " ": 32,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
}


def find_chromium():
    """The path of the browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class BrowserError(Exception):
    """A command failed, or a script of the page raised an error."""


class Browser:
    """A running Chromium with one page; a context manager.

    Parameters
    ----------
    executable : str
        The path of Chromium.
    profile : Path
        An empty directory for its profile.
    """

    def __init__(self, executable, profile):
        from_us, self._commands = os.pipe()
        self._answers, to_us = os.pipe()
        # the shell moves the pipes to the descriptors that Chromium wants
        script = f'exec "$0" "$@" 3<&{from_us} 4>&{to_us}'
        command = ["bash", "-c", script, executable, *FLAGS]
        command += ["--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            command,
            pass_fds=(from_us, to_us),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(from_us)
        os.close(to_us)
        self._unread = b""
        self._number = 0
        self.events = []
        targets = self.send("Target.getTargets")["targetInfos"]
        target = next(target["targetId"] for target in targets if target["type"] == "page")
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close", session=None)
            self._process.wait(20)
        except (BrowserError, TimeoutError, subprocess.TimeoutExpired, OSError):
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._answers)

    def send(self, method, *, session="page", timeout=60.0, **parameters):
        """Send a command and return its result; events that come before it are kept.

        Raises
        ------
        BrowserError
            If the browser answers with an error, or has ended.
        TimeoutError
            If no answer comes within ``timeout`` seconds.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session == "page" and hasattr(self, "_session"):
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self._receive(deadline)
            if answer.get("id") != self._number:
                self.events.append(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def _receive(self, deadline):
        while b"\0" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._answers], [], [], left)[0]:
                raise TimeoutError("Chromium did not answer in time.")
            received = os.read(self._answers, 1 << 20)
            if not received:
                raise BrowserError("Chromium has ended.")
            self._unread += received
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)


class Page:
    """The page of a browser: what a person does with it, and what it shows.

    Parameters
    ----------
    browser : Browser
    """

    def __init__(self, browser):
        self.browser = browser
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.send(f"{domain}.enable")
        browser.send("Emulation.setFocusEmulationEnabled", enabled=True)
        allowed = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        browser.send("Browser.grantPermissions", session=None, permissions=allowed)

    def open(self, url, *, width=1400, height=1000, dark=False):
        """Load a page, at a size in CSS pixels and with the preferred colours of a person."""
        self.resize(width, height)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.browser.send("Emulation.setEmulatedMedia", features=scheme)
        self.browser.send("Page.navigate", url="about:blank")
        self.browser.events.clear()
        self.browser.send("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'")

    def resize(self, width, height):
        """Set the size of the viewport."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.send("Emulation.setDeviceMetricsOverride", **metrics)

    def evaluate(self, expression):
        """The value of a JavaScript expression, awaited.

        Raises
        ------
        BrowserError
            If the expression raises an error.
        """
        options = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self.browser.send("Runtime.evaluate", expression=expression, **options)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def evaluate_in_frames(self, expression):
        """The value of an expression in the page and in each frame within it."""
        contexts = {}
        for event in self.browser.events:
            if event["method"] == "Runtime.executionContextCreated":
                context = event["params"]["context"]
                contexts[context["auxData"]["frameId"]] = context["id"]  # the frame's last
        options = {"expression": expression, "returnByValue": True}
        answers = [
            self.browser.send("Runtime.evaluate", contextId=context, **options)
            for context in contexts.values()
        ]
        return [answer["result"].get("value") for answer in answers]

    def wait_for(self, condition, timeout=30.0):
        """Wait until an expression is true.

        Raises
        ------
        TimeoutError
            If it is not within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while not self.evaluate(condition):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Still not true after {timeout} s: {condition}")
            time.sleep(0.03)

    def press(self, key, *, shift=False):
        """Press a key and let it go."""
        common = {"key": key, "modifiers": 8 if shift else 0}
        if key in KEYS:
            common["windowsVirtualKeyCode"] = KEYS[key]
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else None)
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.browser.send("Input.dispatchKeyEvent", **down, **common)
        self.browser.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def point_at(self, selector):
        """Move the mouse to the middle of an element, and return the place."""
        place = self.evaluate(
            f"""(() => {{
                const element = document.querySelector({json.dumps(selector)});
                element.scrollIntoView({{ block: "center", behavior: "instant" }});
                const box = element.getBoundingClientRect();
                return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
            }})()"""
        )
        self.browser.send("Input.dispatchMouseEvent", type="mouseMoved", **place)
        return place

    def click(self, selector):
        """Click the middle of an element with the mouse."""
        self.point_at(selector)
        self.wait_for_frame()  # what the mouse has left may have moved the element
        place = self.point_at(selector)
        for kind in ("mousePressed", "mouseReleased"):
            options = {"type": kind, "button": "left", "clickCount": 1}
            self.browser.send("Input.dispatchMouseEvent", **options, **place)

    def text(self, selector):
        """The text of an element as it is shown."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")

    def wait_for_frame(self):
        """Wait until what has changed is drawn."""
        self.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def errors(self):
        """What went wrong in the page since it was opened: exceptions, and errors logged."""
        self.evaluate("1")  # events that are under way arrive before the answer
        found = []
        for event in self.browser.events:
            params = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                found.append(details.get("exception", {}).get("description", details["text"]))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
                found.append(params["entry"]["text"])
        return found

    def requests(self):
        """The addresses that the page has asked for since it was opened."""
        self.evaluate("1")
        return [
            event["params"]["request"]["url"]
            for event in self.browser.events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def screenshot(self, path, *, whole=True):
        """Write a picture of the page, the whole or what is in view, as PNG."""
        picture = self.browser.send(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole
        )
        Path(path).write_bytes(base64.b64decode(picture["data"]))
