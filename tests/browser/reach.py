"""What can be reached on a page with the keyboard alone, and what works on it without script."""

import re

from playwright.sync_api import Page

from tests.api.web.test_page_silence import routes

#: Everything that one may stop at. Of radio buttons of one name the browser stops at one.
_COLLECT = """() => {
  const found = [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
  )].filter((one) => !one.disabled && !one.closest('[aria-hidden]')
    && one.checkVisibility({ visibilityProperty: true }));
  const groups = new Map();
  window.wanted = found.filter((one) => {
    if (one.type !== 'radio') return true;
    const name = `${one.form?.action} ${one.name}`;
    const known = groups.has(name);
    groups.set(name, true);
    return !known;
  });
  const key = (one) => one.type === 'radio'
    ? window.wanted.find((other) => other.name === one.name && other.form === one.form) : one;
  window.unseen = new Set();
  window.stops = new Set();
  document.addEventListener('focusin', (event) => {
    const one = event.target, style = getComputedStyle(one);
    window.stops.add(key(one));
    const seen = style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2;
    if (!seen) window.unseen.add(one);
  });
  document.activeElement?.blur();
  return window.wanted.length;
}"""
_MISSED = """() => {
  const told = (why, list) => [...list].map((one) => `${why}: ${one.outerHTML.slice(0, 160)}`);
  return [
    ...told('not reached', window.wanted.filter((one) => !window.stops.has(one))),
    ...told('no visible focus', window.unseen),
  ];
}"""


def missed_by_tab(page: Page) -> list[str]:
    """What Tab does not lead to on this page, and what does not show that it was led to; a trap
    shows by everything behind it."""
    count: int = page.evaluate(_COLLECT)
    for _ in range(count + 2):
        page.keyboard.press("Tab")
    found: list[str] = page.evaluate(_MISSED)
    return found


_FORMS = """() => [...document.forms].filter((form) => form.checkVisibility()).map((form) => ({
  method: form.method.toUpperCase(),
  action: new URL(form.getAttribute('action') || location.href, location.href).pathname,
  sent: [...form.elements].some(
    (one) => one.type === 'submit' && !one.disabled && one.checkVisibility()
  ),
}))"""
#: The calendar, the slider and the switch of the keys are second ways, which come with the script.
_DEAD = """() => [
  ...document.querySelectorAll('[hidden] :is(input, button, select, textarea, a), '
    + ':is(input, button, select, textarea, a)[hidden]'
    + ':not([data-pick], [data-slider], [data-keys-toggle])'),
  ...[...document.querySelectorAll('button[type=button]')].filter((one) => one.checkVisibility()),
  ...[...document.querySelectorAll('a')].filter((one) => {
    const href = one.getAttribute('href');
    return !href || href.startsWith('javascript:')
      || (href.startsWith('#') && !document.getElementById(href.slice(1)));
  }),
  ...[...document.querySelectorAll('[hx-get], [hx-post]')].filter(
    (one) => !(one.type === 'submit' && one.form) && !one.getAttribute('href')
  ),
].map((one) => `works with script alone: ${one.outerHTML.slice(0, 160)}`)"""


def dead_without_script(page: Page) -> list[str]:
    """What on a page that runs no script leads nowhere: forms without a button or a route, controls
    and links that wait for a script."""
    found: list[str] = page.evaluate(_DEAD)
    for form in page.evaluate(_FORMS):
        way = (form["method"], form["action"])
        if not form["sent"]:
            found.append(f"no button sends {way}")
        elif not any(_leads(way, route) for route in routes()):
            found.append(f"no page takes {way}")
    return found


def _leads(way: tuple[str, str], route: tuple[str, str]) -> bool:
    pattern = re.sub(r"{\w+(:path)?}", lambda one: ".+" if one[1] else "[^/]+", route[1])
    return way[0] == route[0] and re.fullmatch(pattern, way[1]) is not None
