// Adds keys, and saves as one goes. Every page works without it: each key presses what is on the page anyway.
"use strict";
(() => {
  const form = document.querySelector("form[data-keys]");
  const status = document.getElementById("status");
  const texts = JSON.parse(document.body.dataset.texts || "{}");
  const say = (words) => { if (status) status.textContent = words; };
  document.documentElement.classList.add("js");

  // ---- single keys can be switched off, for people who use speech or switches
  const box = document.getElementById("keys-on");
  let keysOn = true;
  try { keysOn = localStorage.getItem("hone-keys") !== "off"; } catch { /* storage may be off */ }
  if (box) {
    box.checked = keysOn;
    box.addEventListener("change", () => {
      keysOn = box.checked;
      try { localStorage.setItem("hone-keys", keysOn ? "on" : "off"); } catch { /* as above */ }
    });
  }

  // ---- saving as one goes: one request at a time, each with an id of its own, tried again until it is acknowledged
  const fresh = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");
  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
  let dirty = false;
  let running = null;
  async function send() {
    form.elements.key.value = fresh();
    const body = new URLSearchParams(new FormData(form));
    for (let turn = 0; ; turn += 1) {
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" },
          signal: AbortSignal.timeout(10000) });
        const said = await answer.json();
        if (answer.ok) { say(texts.saved); return true; }
        if (answer.status < 500) { say(said.error); return false; }
        say(said.error);
      } catch { say(texts.offline); }
      if (turn === 6) { say(texts.gave_up); return false; }
      await pause(500 * 2 ** turn);
    }
  }
  async function run() {
    while (dirty) { dirty = false; say(texts.saving); if (!await send()) break; }
    running = null;
  }
  function save() { dirty = true; running ??= run(); }
  if (form?.dataset.saves) {
    let wait;
    form.addEventListener("change", (event) => { clearTimeout(wait); mark(event.target.closest("fieldset")); save(); });
    form.addEventListener("input", (event) => {
      if (event.target.name === "note") { clearTimeout(wait); wait = setTimeout(save, 900); }
    });
    let leaving = false;
    form.noValidate = true; // what is open is said in words; without this script the browser says it
    form.addEventListener("submit", async (event) => {
      clearTimeout(wait);
      const open = fields.filter((field) => !field.querySelector("input:checked"));
      if (open.length) {
        event.preventDefault();
        fields.forEach((field) => field.classList.toggle("open", open.includes(field)));
        move(fields.indexOf(open[0]));
        say(texts.open.replace("{names}", () => open.map((field) => field.querySelector("legend").textContent.trim()).join(", ")));
        return;
      }
      if (leaving) { event.preventDefault(); return; }
      leaving = true;
      if (!running) return;
      event.preventDefault();
      const button = event.submitter;
      await running;
      leaving = false;
      form.elements.key.value = fresh();
      form.requestSubmit(button);
    });
    window.addEventListener("pageshow", () => { leaving = false; });
  }

  // ---- one criterion is the one that keys speak to
  const fields = form ? [...form.querySelectorAll("fieldset.criterion")] : [];
  let active = Math.max(0, fields.findIndex((field) => !field.querySelector("input:checked")));
  function count() {
    const done = fields.filter((field) => field.querySelector("input:checked"));
    done.forEach((field) => field.classList.remove("open"));
    document.querySelectorAll("[data-count]").forEach((one) => { one.textContent = texts.count.replace("{done}", done.length).replace("{n}", fields.length); });
  }
  form?.addEventListener("change", count);
  count();
  function mark(field) {
    if (!field) return;
    active = fields.indexOf(field);
    fields.forEach((one) => one.classList.toggle("active", one === field));
  }
  function move(to) {
    const field = fields[Math.min(Math.max(to, 0), fields.length - 1)];
    if (!field) return;
    mark(field);
    (field.querySelector("input:checked") ?? field.querySelector("input")).focus({ preventScroll: true });
    field.scrollIntoView({ block: "nearest" });
  }
  mark(fields[active]);
  form?.addEventListener("focusin", (event) => mark(event.target.closest("fieldset")));

  function level(key) {
    const radios = fields[active]?.querySelectorAll("input[type=radio]") ?? [];
    const radio = radios["1234567890-".indexOf(key)];
    if (!radio) return false;
    if (!radio.checked) { radio.checked = true; radio.dispatchEvent(new Event("change", { bubbles: true })); }
    move(active + 1 < fields.length ? active + 1 : active);
    return true;
  }
  const press = (selector) => { const found = document.querySelector(selector); found?.click(); return Boolean(found); };
  function open(selector, field) {
    const box = document.querySelector(selector);
    if (!box) return false;
    if (box.tagName === "DETAILS") box.open = true;
    document.querySelector(field)?.focus();
    return true;
  }
  const common = {
    u: () => press("#undo button"), b: () => press("a[rel=prev]"), n: () => open("#note", "#note"),
    s: () => open("#skip", "#reason"),
  };
  const levels = {
    Enter: () => press("button[value=next]"), ArrowUp: () => (move(active - 1), true),
    ArrowDown: () => (move(active + 1), true),
  };
  const side = (name) => () => press(`button[name=side][value=${name}]`);
  const sides = {
    ArrowLeft: side("left"), 1: side("left"), ArrowRight: side("right"), 3: side("right"), ArrowDown: side("tie"),
    2: side("tie"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const at = event.target;
    const typing = at.matches("textarea, select, input:not([type=radio])");
    if (event.key === "Escape" && typing) { at.blur(); return; }
    if (typing || !keysOn || event.repeat) return;
    if (event.key === "Enter" && at.matches("a, button, summary")) return;
    const kind = form?.dataset.keys;
    const table = { ...common, ...(kind === "sides" ? sides : kind === "levels" ? levels : {}) };
    const action = table[event.key] ?? (kind === "levels" && "1234567890-".includes(event.key)
      ? () => level(event.key) : null);
    if (action?.()) event.preventDefault();
  });

  // ---- the card of the first visit goes without loading the page again, which would lose a note half written
  const away = document.querySelector("form[data-away]");
  away?.addEventListener("submit", (event) => {
    event.preventDefault();
    // It goes on when the page is left, and its answer is read, so that no connection stays open for it.
    fetch(away.action, { method: "POST", body: new URLSearchParams(new FormData(away)), keepalive: true,
      headers: { Accept: "application/json" } }).then((answer) => answer.text()).catch(() => {});
    away.closest("section").remove();
    document.getElementById("main").focus({ preventScroll: true });
  });

  // ---- criteria move up and down; without this script one writes the numbers of their places
  const rows = () => [...document.querySelectorAll("[data-row]")];
  document.querySelectorAll("[data-move]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const row = button.closest("[data-row]");
      const up = button.dataset.move === "-1";
      const other = up ? row.previousElementSibling : row.nextElementSibling;
      if (!other) return;
      if (up) other.before(row); else other.after(row);
      rows().forEach((one, place) => { one.querySelector("[name^=place-]").value = place + 1; });
      button.focus();
    });
  });

  // ---- a link can be copied; without this script it is selected and copied by hand
  document.querySelectorAll("[data-copy]").forEach((button) => {
    const field = document.getElementById(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", async () => {
      field.select();
      const said = document.getElementById("copied");
      try { await navigator.clipboard.writeText(field.value); said.textContent = texts.copied; }
      catch { said.textContent = texts.selected; }
    });
  });

  // ---- the playground: replies as they stream
  const play = document.querySelector("form[data-stream]");
  play?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = play.querySelector("button");
    const places = new Map([...document.querySelectorAll("[data-side]")].map((one) => [one.dataset.side, one]));
    for (const place of places.values()) {
      place.querySelector(".text").textContent = "";
      place.querySelector(".scores").textContent = "";
      place.querySelector(".state").textContent = texts.waiting;
    }
    document.getElementById("replies").hidden = false;
    button.disabled = true;
    try {
      const answer = await fetch(play.action, { method: "POST", body: new URLSearchParams(new FormData(play)),
        headers: { Accept: "text/event-stream" } });
      if (!answer.ok) throw new Error((await answer.json()).error);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const parts = (rest + value).split("\n\n");
        rest = parts.pop();
        for (const part of parts) {
          const data = JSON.parse(part.replace(/^data: /, ""));
          const place = places.get(data.side);
          if (data.text) place.querySelector(".text").append(data.text);
          // This markup was made and cleaned by our own server; see typeset.py.
          if (data.html !== undefined) place.querySelector(`.${data.into}`).innerHTML = data.html;
          if (data.state !== undefined) place.querySelector(".state").textContent = data.state;
        }
      }
    } catch (error) {
      for (const place of places.values()) place.querySelector(".state").textContent = error.message || texts.no_connection;
    }
    button.disabled = false;
  });
})();
