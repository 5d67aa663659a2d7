/* The console's own script. Every page works without it; it saves typing, hides and locks. */
"use strict";

(() => {
  const ESCAPES_WITHIN_MS = 800;
  const AGAIN_MS = 10000;

  /* Forms: what is typed is kept (htmx posts it); here is what htmx does not do. */

  const dirty = new WeakSet();

  function fieldsOf(form) {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") fields.append(name, value);
    }
    return fields;
  }

  function drafting() {
    return document.querySelector("form[data-draft]");
  }

  function say(text) {
    const place = document.getElementById("unsaved");
    if (place && place.textContent !== text) place.textContent = text;
  }

  /* A page that goes away sends what was typed in its last second. */
  function keepNow() {
    const form = drafting();
    if (!form || !dirty.has(form)) return;
    if (navigator.sendBeacon(form.getAttribute("hx-post"), fieldsOf(form))) dirty.delete(form);
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) dirty.add(form);
  });

  /* What is being sent is not kept as well. */
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.dataset.sent) event.preventDefault();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form || event.detail.elt !== form) return;
    if (event.detail.successful) {
      dirty.delete(form);
      say("");
      return;
    }
    const status = event.detail.xhr ? event.detail.xhr.status : -1;
    if ((status === 0 && event.detail.failed !== false) || status >= 400) {
      say(document.body.dataset.unsaved);
      setTimeout(() => htmx.trigger(form, "keep"), AGAIN_MS);
    }
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    const button = event.submitter;
    /* A file leaves the page where it is, and may be asked for again. */
    if (button && button.hasAttribute("data-again")) return;
    form.dataset.sent = "yes";
    dirty.delete(form);
    if (button) button.setAttribute("aria-busy", "true");
    /* Coming back to the page by the browser's own button must not leave it dead. */
    setTimeout(() => {
      delete form.dataset.sent;
      if (button) button.removeAttribute("aria-busy");
    }, AGAIN_MS);
  });

  addEventListener("pagehide", keepNow);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keepNow();
  });

  /* A page kept in memory by the browser is asked for again: it may be locked by now. */
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  /* Focus: on what is wrong, and on what a swap has brought. */

  function focusOn(root) {
    const wanted = root.matches && root.matches("[data-focus]") ? root : root.querySelector("[data-focus]");
    if (wanted) wanted.focus();
  }

  document.addEventListener("DOMContentLoaded", () => focusOn(document.body));
  document.addEventListener("htmx:afterSwap", (event) => focusOn(event.detail.target));

  /* What opened stays open where a swap brings the same again. */

  let opened = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    opened = [...event.detail.target.querySelectorAll("details[id][open]")].map((one) => one.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) {
      const again = document.getElementById(id);
      if (again && again.matches("details")) again.open = true;
    }
  });

  /* Enter in a field that has a button of its own presses that one. */

  document.addEventListener("keydown", (event) => {
    const button = event.key === "Enter" && event.target.matches(".pair input") && event.target.closest(".pair").querySelector("button");
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  /* Buttons that only a script can serve, and those that it makes needless. */

  document.documentElement.classList.add("scripted");
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => print());
    }
  });

  /* One menu open at a time; Escape and a click elsewhere close it. */

  function closeMenus(but) {
    let closed = false;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu === but) continue;
      menu.open = false;
      closed = true;
    }
    return closed;
  }

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

  /* Hiding at once: Escape twice, Alt+X, or the button. */

  function leave() {
    const form = document.getElementById("leave-form");
    if (!form) return;
    document.body.hidden = true;
    document.title = "";
    keepNow();
    navigator.sendBeacon(form.action, fieldsOf(form));
    location.replace(form.dataset.away);
  }

  let escapedAt = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.altKey && event.code === "KeyX") {
      event.preventDefault();
      leave();
    } else if (event.key === "Escape" && !event.repeat) {
      const menu = document.activeElement && document.activeElement.closest("details.menu");
      if (closeMenus() && menu) menu.querySelector("summary").focus();
      if (event.timeStamp - escapedAt < ESCAPES_WITHIN_MS) leave();
      escapedAt = event.timeStamp;
    }
  });

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "leave-form") return;
    event.preventDefault();
    leave();
  });

  /* Locking by itself: after as long as the service waits, counted from the last touch. */

  const idleS = Number(document.body.dataset.idleS || 0);
  let touchedAt = Date.now();

  if (idleS) {
    for (const kind of ["keydown", "pointerdown", "scroll"]) {
      addEventListener(kind, () => { touchedAt = Date.now(); }, { passive: true, capture: true });
    }
    setInterval(() => {
      if (Date.now() - touchedAt < idleS * 1000) return;
      keepNow();
      document.getElementById("lock-form").submit();
    }, 5000);
  }
})();
