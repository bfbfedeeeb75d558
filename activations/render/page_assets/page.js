// The page: cards that draw themselves when they are seen, filters, and a panel with live curves.
// `F` and `CURVES` (for each entry f, f' and f'') come before; foreign text only ever becomes textContent.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;
  const entries = JSON.parse(byId("data").textContent);
  const items = [...document.querySelectorAll("#cards > li")];
  const NS = "http://www.w3.org/2000/svg";
  const COLOURS = 8;
  const state = {
    current: -1,
    pinned: [],
    orders: new Set([0, 1, 2]),
    view: [-6, 6],
    at: 1,
    values: entries.map((entry) => entry.sliders.map((slider) => slider.value)),
  };
  root.classList.add("on");
  byId("table").open = false;

  const svg = (tag, attributes, text) => {
    const made = document.createElementNS(NS, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const html = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  // A formula from the nested lists that the page was made with; only these tags are ever made.
  const MATHML = "http://www.w3.org/1998/Math/MathML";
  const TAGS = new Set("mrow mi mn mo mtext mfrac msqrt mroot msub msup msubsup mtable mtr mtd".split(" "));
  const math = ([tag, ...rest]) => {
    const made = document.createElementNS(MATHML, TAGS.has(tag) ? tag : "mtext");
    made.append(...rest.map((part) => (typeof part === "string" ? part : math(part))));
    return made;
  };
  const showMath = (place, tree) => {
    const made = document.createElementNS(MATHML, "math");
    made.setAttribute("display", "block");
    if (tree) made.append(math(tree));
    place.replaceChildren(made);
    place.hidden = !tree;
  };
  const say = (text) => (byId("said").textContent = text);
  const shown = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(6))).replace("-", "−") : "undefined");

  // ---- Curves -------------------------------------------------------------------------------------------------
  const curve = (index, order) => {
    const made = CURVES[index][order];
    const values = state.values[index];
    return made && ((x) => made(x, ...values));
  };
  // Runs of points; a jump or an undefined value ends a run, so that no line joins its two sides.
  const sample = (f, low, high, count) => {
    const runs = [];
    let run = [];
    const end = () => {
      if (run.length) runs.push(run);
      run = [];
    };
    const xs = [];
    for (let n = 0; n <= count; n++) xs.push(low + ((high - low) * n) / count);
    const ys = xs.map(f);
    const known = ys.filter(Number.isFinite).sort((a, b) => a - b);
    const height = known.length ? known[Math.floor(known.length * 0.98)] - known[Math.floor(known.length * 0.02)] : 0;
    for (let n = 0; n <= count; n++) {
      if (n && Number.isFinite(ys[n]) && Number.isFinite(ys[n - 1]) && Math.abs(ys[n] - ys[n - 1]) > height * 0.015) {
        let [a, b, fa, fb] = [xs[n - 1], xs[n], ys[n - 1], ys[n]];
        const change = Math.abs(fb - fa);
        for (let step = 0; step < 40 && b - a > 1e-9 * (1 + Math.abs(a)); step++) {
          const middle = (a + b) / 2;
          const value = f(middle);
          if (!(Math.abs(value - fa) > Math.abs(fb - value))) [a, fa] = [middle, value];
          else [b, fb] = [middle, value];
        }
        if (Math.abs(fb - fa) > change / 2) {
          run.push([a, fa]);
          end();
          run.push([b, fb]);
        }
      }
      if (Number.isFinite(ys[n])) run.push([xs[n], ys[n]]);
      else end();
    }
    end();
    return runs;
  };
  const extent = (runs) => {
    const ys = runs.flat().map((point) => point[1]).sort((a, b) => a - b);
    if (!ys.length) return null;
    let [low, high] = [ys[0], ys[ys.length - 1]];
    const [p, q] = [ys[Math.floor(ys.length * 0.02)], ys[Math.ceil(ys.length * 0.98) - 1]];
    const usual = q - p;
    // A pole or an exponential must not flatten the rest.
    if (usual > 0 && low < p - 2 * usual) low = p - usual / 2;
    if (usual > 0 && high > q + 2 * usual) high = q + usual / 2;
    return [low, high];
  };
  // The heights to show: derivatives may widen the picture, but not flatten the function.
  const widened = (own, others) => {
    let [bottom, top] = own || [-1, 1];
    if (top - bottom < 1e-9 * (1 + Math.abs(top))) [bottom, top] = [bottom - 1, top + 1];
    const room = 0.6 * (top - bottom);
    const [least, most] = [bottom - room, top + room];
    for (const other of others) {
      if (!other) continue;
      bottom = Math.min(bottom, Math.max(other[0], least));
      top = Math.max(top, Math.min(other[1], most));
    }
    return [bottom, top];
  };
  const path = (runs, toX, toY) => {
    const parts = [];
    for (const run of runs) {
      run.forEach(([x, y], n) => {
        const far = Math.max(-9999, Math.min(9999, toY(y)));
        parts.push(`${n ? "L" : "M"}${toX(x).toFixed(2)} ${far.toFixed(2)}`);
      });
      if (run.length === 1) parts.push("h0");
    }
    return parts.join("");
  };
  const ticks = (low, high, about) => {
    const raw = (high - low) / about;
    const size = 10 ** Math.floor(Math.log10(raw));
    const step = size * [1, 2, 5, 10].find((factor) => factor * size >= raw);
    const found = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) found.push(Number((n * step).toPrecision(10)));
    return found;
  };

  // ---- Cards --------------------------------------------------------------------------------------------------
  const drawCard = (item) => {
    const index = Number(item.dataset.i);
    const { window: [low, high], sliders: made } = entries[index];
    const runs = (order, first) => {
      const f = CURVES[index][order];
      const rest = made.map((slider) => (slider.input ? first : slider.value));
      return f ? sample((x) => f(x, ...rest), low, high, 160) : [];
    };
    // A function of two inputs is shown as a fan of cuts.
    const fan = made.some((slider) => slider.input);
    const curves = fan ? [-2, -1, 0, 1, 2].map((first) => runs(0, first)) : [runs(0)];
    const slopes = fan ? [] : runs(1);
    const picture = svg("svg", { viewBox: "0 0 160 100", "aria-hidden": "true" });
    let [bottom, top] = widened(extent(curves.flat()), [extent(slopes)]);
    const pad = (top - bottom) * 0.07;
    [bottom, top] = [bottom - pad, top + pad];
    const toX = (x) => ((x - low) / (high - low)) * 160;
    const toY = (y) => 100 - ((y - bottom) / (top - bottom)) * 100;
    let axes = "";
    if (toY(0) >= 0 && toY(0) <= 100) axes += `M0 ${toY(0).toFixed(1)}H160`;
    if (low <= 0 && high >= 0) axes += `M${toX(0).toFixed(1)} 0V100`;
    picture.append(
      svg("path", { class: "axis", d: axes }),
      svg("path", { class: "spark faint", d: path(slopes, toX, toY) }),
      svg("path", { class: fan ? "spark fan" : "spark", d: curves.map((all) => path(all, toX, toY)).join("") }),
    );
    item.firstElementChild.append(picture);
  };
  const seen = new IntersectionObserver(
    (changes) => {
      for (const change of changes) {
        if (!change.isIntersecting) continue;
        seen.unobserve(change.target);
        drawCard(change.target);
      }
    },
    { rootMargin: "300px" },
  );
  items.forEach((item) => seen.observe(item));

  // ---- Search and filters -------------------------------------------------------------------------------------
  const filter = () => {
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const family = byId("family").value;
    const tags = [...document.querySelectorAll("input[name=tag]:checked")].map((box) => box.value);
    let count = 0;
    entries.forEach((entry, index) => {
      const fits =
        (!family || entry.family === family) &&
        tags.every((tag) => entry.tags.includes(tag)) &&
        words.every((word) => entry.haystack.includes(word));
      items[index].hidden = !fits;
      count += fits;
    });
    byId("count").textContent = `${count} shown`;
    byId("nothing").hidden = count > 0;
  };
  byId("filters").addEventListener("input", filter);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());

  // ---- The plot -----------------------------------------------------------------------------------------------
  const LEFT = 46;
  const RIGHT = 548;
  const TOP = 30;
  const BOTTOM = 312;
  const plotted = () => [...new Set([state.current, ...state.pinned])];
  const draw = () => {
    const plot = byId("plot");
    const [low, high] = state.view;
    const indices = plotted();
    const many = indices.length > 1;
    byId("panel").classList.toggle("many", many);
    const lines = [];
    for (const index of indices)
      for (const order of [0, 1, 2])
        if (state.orders.has(order) && curve(index, order))
          lines.push({ index, order, runs: sample(curve(index, order), low, high, 420) });
    const leading = state.orders.size ? Math.min(...state.orders) : 0;
    const own = extent(lines.filter((line) => line.order === leading).flatMap((line) => line.runs));
    let [bottom, top] = widened(own, lines.map((line) => extent(line.runs)));
    const pad = 0.06 * (top - bottom);
    bottom -= pad;
    top += pad;
    const toX = (x) => LEFT + ((x - low) / (high - low)) * (RIGHT - LEFT);
    const toY = (y) => BOTTOM - ((y - bottom) / (top - bottom)) * (BOTTOM - TOP);
    const made = [svg("rect", { class: "back", width: 560, height: 340 })];
    for (const x of ticks(low, high, 8)) {
      made.push(svg("line", { class: x === 0 ? "axis" : "grid", x1: toX(x), x2: toX(x), y1: TOP, y2: BOTTOM }));
      made.push(svg("text", { x: toX(x), y: BOTTOM + 17, "text-anchor": "middle" }, shown(x)));
    }
    for (const y of ticks(bottom, top, 6)) {
      made.push(svg("line", { class: y === 0 ? "axis" : "grid", x1: LEFT, x2: RIGHT, y1: toY(y), y2: toY(y) }));
      made.push(svg("text", { x: LEFT - 8, y: toY(y) + 4, "text-anchor": "end" }, shown(y)));
    }
    const title = many ? indices.map((index) => entries[index].id).join(", ") : settings(state.current);
    made.push(svg("text", { class: "title", x: LEFT, y: 18 }, title.length > 70 ? `${title.slice(0, 69)}…` : title));
    const frame = svg("clipPath", { id: "frame" });
    frame.append(svg("rect", { x: LEFT, y: TOP - 2, width: RIGHT - LEFT, height: BOTTOM - TOP + 4 }));
    const inside = svg("g", { "clip-path": "url(#frame)" });
    for (const { index, order, runs } of lines) {
      const colour = many ? `k${indices.indexOf(index) % COLOURS}` : `s${order}`;
      const drawn = svg("path", { class: `curve w${order} ${colour}`, d: path(runs, toX, toY) });
      drawn.dataset.order = order;
      drawn.dataset.name = entries[index].id;
      inside.append(drawn);
    }
    inside.append(svg("g", { id: "pointer" }));
    made.push(frame, inside);
    plot.replaceChildren(...made);
    plot.setAttribute("aria-label", `Curves of ${title} from ${shown(low)} to ${shown(high)}`);
    plot.dataset.scale = JSON.stringify([low, high, bottom, top, LEFT, RIGHT, TOP, BOTTOM]);
    draw.toX = toX;
    draw.toY = toY;
    point();
  };
  // The crosshair and the table that reads it.
  const point = () => {
    const [low, high] = state.view;
    state.at = Math.min(high, Math.max(low, state.at));
    const indices = plotted();
    const many = indices.length > 1;
    const mark = byId("pointer");
    const x = draw.toX(state.at);
    mark.replaceChildren(svg("line", { class: "cross", x1: x, x2: x, y1: TOP, y2: BOTTOM }));
    byId("at").textContent = `at ${entries[state.current].input} = ${shown(state.at)}`;
    byId("at").dataset.value = state.at;
    const rows = indices.map((index, place) => {
      const row = html("tr");
      const name = html("th", "");
      name.scope = "row";
      if (many) name.append(html("i", `swatch b${place % COLOURS}`));
      name.append(entries[index].id);
      row.append(name);
      for (const order of [0, 1, 2]) {
        const f = curve(index, order);
        const value = f ? f(state.at) : NaN;
        const cell = html("td", many ? "" : `i${order}`, f ? shown(value) : "–");
        cell.dataset.value = value;
        row.append(cell);
        if (state.orders.has(order) && Number.isFinite(value))
          mark.append(
            svg("circle", {
              class: `dot ${many ? `e${place % COLOURS}` : `d${order}`}`,
              cx: x,
              cy: Math.max(-99, Math.min(999, draw.toY(value))),
              r: 4.5,
            }),
          );
      }
      const last = html("td");
      if (index !== state.current) {
        const remove = html("button", "", "✕");
        remove.type = "button";
        remove.dataset.remove = index;
        remove.setAttribute("aria-label", `Remove ${entries[index].id} from the comparison`);
        last.append(remove);
      }
      row.append(last);
      return row;
    });
    byId("readout").replaceChildren(...rows);
  };
  let waiting = false;
  const redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (state.current >= 0) draw();
    });
  };

  // ---- The panel ----------------------------------------------------------------------------------------------
  const settings = (index) => {
    const parts = entries[index].sliders.map((slider, n) => `${slider.name} = ${shown(state.values[index][n])}`);
    return entries[index].name + (parts.length ? ` (${parts.join(", ")})` : "");
  };
  const code = (index) => {
    const entry = entries[index];
    const parts = [JSON.stringify(entry.create)];
    entry.sliders.forEach((slider, n) => {
      const value = state.values[index][n];
      if (!slider.input && value !== slider.default) parts.push(`${slider.name}=${value}`);
    });
    return `import activations\n\nlayer = activations.create(${parts.join(", ")})\n`;
  };
  const pin = (index, wanted = !state.pinned.includes(index)) => {
    state.pinned = state.pinned.filter((other) => other !== index);
    if (wanted) state.pinned = [...state.pinned, index].slice(-COLOURS + 1);
    items.forEach((item, n) => {
      const button = item.lastElementChild;
      const on = String(state.pinned.includes(n));
      if (button.getAttribute("aria-pressed") !== on) {
        button.setAttribute("aria-pressed", on);
        button.textContent = on === "true" ? "✓" : "+";
      }
    });
    byId("keep").setAttribute("aria-pressed", String(state.pinned.includes(state.current)));
    byId("keep").textContent = state.pinned.includes(state.current) ? "Kept for comparison" : "Compare";
    say(`${entries[index].id} ${wanted ? "is compared" : "is no longer compared"}`);
    if (state.current < 0 && wanted) open(index, false);
    else redraw();
  };
  const sliders = (index) => {
    byId("sliders").replaceChildren(
      ...entries[index].sliders.map((slider, n) => {
        const label = html("label");
        label.append(html("span", "", slider.name));
        for (const type of ["range", "number"]) {
          const input = html("input");
          input.type = type;
          if (type === "range") [input.min, input.max] = [slider.low, slider.high];
          input.step = type === "range" ? slider.step : "any";
          input.value = state.values[index][n];
          input.dataset.n = n;
          input.setAttribute("aria-label", type === "range" ? slider.name : `${slider.name}, as a number`);
          label.append(input);
        }
        return label;
      }),
    );
  };
  const refresh = () => {
    byId("code").textContent = code(state.current);
    redraw();
  };
  const open = (index, focus = true) => {
    const entry = entries[index];
    items[state.current]?.classList.remove("chosen");
    state.current = index;
    items[index].classList.add("chosen");
    state.view = [...entry.window];
    for (const id of ["name", "summary", "formula", "slope", "paper", "notes"]) byId(id).textContent = entry[id === "name" ? "id" : id];
    for (const [what, tree] of Object.entries(entry.math)) showMath(byId(`math-${what}`), tree);
    byId("origin").textContent = entry.family + (entry.origin === "built-in" ? "" : ` · ${entry.origin}`);
    byId("slope-part").hidden = !entry.slope;
    byId("bibtex").hidden = !entry.bibtex;
    const fixed = entry.sliders.filter((slider) => !slider.input).map((slider) => `${slider.name} = ${shown(slider.value)}`);
    byId("measured").textContent = fixed.length ? `Measured at ${fixed.join(", ")}` : "Measured";
    byId("notes-part").hidden = !entry.notes;
    byId("static").href = items[index].firstElementChild.getAttribute("href");
    byId("facts").replaceChildren(...entry.facts.flatMap(([name, value]) => [html("dt", "", name), html("dd", "", value)]));
    sliders(index);
    byId("keep").setAttribute("aria-pressed", String(state.pinned.includes(index)));
    byId("keep").textContent = state.pinned.includes(index) ? "Kept for comparison" : "Compare";
    byId("reset").hidden = !entry.sliders.length;
    const panel = byId("panel");
    panel.hidden = false;
    panel.scrollTop = 0;
    refresh();
    if (focus) {
      root.classList.add("open");
      panel.focus({ preventScroll: true });
      history.replaceState(null, "", `#${encodeURIComponent(entry.id)}`);
    }
  };
  const close = () => {
    byId("panel").hidden = true;
    root.classList.remove("open");
    const item = items[state.current];
    item?.classList.remove("chosen");
    state.current = -1;
    history.replaceState(null, "", "#");
    item?.firstElementChild.focus();
  };

  byId("cards").addEventListener("click", (event) => {
    const item = event.target.closest("li");
    if (!item) return;
    if (event.target.closest(".pin")) pin(Number(item.dataset.i));
    else if (event.target.closest("a") && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      open(Number(item.dataset.i));
    }
  });
  // From card to card with the arrow keys, as they stand on the screen.
  byId("cards").addEventListener("keydown", (event) => {
    const side = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 2, ArrowUp: -2 }[event.key];
    if (!side || !event.target.matches("a")) return;
    event.preventDefault();
    const visible = items.filter((item) => !item.hidden);
    const first = visible[0].offsetTop;
    const below = visible.findIndex((item) => item.offsetTop > first);
    const columns = below > 0 ? below : visible.length;
    const step = Math.abs(side) === 2 ? Math.sign(side) * columns : side;
    visible[visible.indexOf(event.target.closest("li")) + step]?.firstElementChild.focus();
  });
  const set = (n, value) => {
    if (!Number.isFinite(value)) return;
    state.values[state.current][n] = value;
    for (const input of byId("sliders").querySelectorAll(`[data-n="${n}"]`)) if (input !== document.activeElement || input.type === "range") input.value = value;
    refresh();
  };
  byId("sliders").addEventListener("input", (event) => {
    if (event.target.value !== "") set(Number(event.target.dataset.n), event.target.valueAsNumber);
  });
  byId("plot").addEventListener("pointermove", (event) => {
    const box = byId("plot").getBoundingClientRect();
    const share = (((event.clientX - box.left) / box.width) * 560 - LEFT) / (RIGHT - LEFT);
    const [low, high] = state.view;
    state.at = Number((low + share * (high - low)).toPrecision(4));
    point();
  });
  byId("plot").addEventListener("keydown", (event) => {
    const side = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!side) return;
    event.preventDefault();
    const step = ((state.view[1] - state.view[0]) / 100) * (event.shiftKey ? 10 : 1);
    state.at = Number((state.at + side * step).toPrecision(6));
    point();
  });
  const texts = (what) => ({ code: code(state.current) })[what] ?? entries[state.current][what];
  const copy = async (button) => {
    const text = texts(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without permission, or from a file: the selection of a text field is copied instead.
      const field = html("textarea", "hidden-text");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    const label = button.dataset.label ?? (button.dataset.label = button.textContent);
    button.textContent = "Copied";
    say("Copied");
    setTimeout(() => (button.textContent = label), 1200);
  };
  const save = (name, type, content) => {
    const link = html("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const fileName = (suffix) => `${plotted().map((index) => entries[index].name).join("-").replace(/[^\w-]+/g, "_").slice(0, 80)}.${suffix}`;
  // The picture alone, with the style that it has in the page written out.
  const picture = () => {
    const drawn = byId("plot");
    const copied = drawn.cloneNode(true);
    const all = [...copied.querySelectorAll("*")];
    [...drawn.querySelectorAll("*")].forEach((element, n) => {
      const style = getComputedStyle(element);
      for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap", "font-family", "font-size", "font-weight"])
        all[n].setAttribute(name, style.getPropertyValue(name));
      all[n].removeAttribute("class");
    });
    copied.querySelector("#pointer").remove();
    copied.setAttribute("xmlns", NS);
    for (const [name, value] of [["width", 560], ["height", 340]]) copied.setAttribute(name, value);
    for (const name of ["class", "tabindex", "aria-describedby", "data-scale"]) copied.removeAttribute(name);
    return new XMLSerializer().serializeToString(copied);
  };
  const savePng = () => {
    const image = new Image();
    image.onload = () => {
      const canvas = html("canvas");
      [canvas.width, canvas.height] = [1680, 1020];
      canvas.getContext("2d").drawImage(image, 0, 0, 1680, 1020);
      canvas.toBlob((blob) => save(fileName("png"), "image/png", blob));
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture())}`;
  };
  byId("panel").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy) copy(button);
    else if (button.dataset.remove) pin(Number(button.dataset.remove), false);
    else if (button.dataset.zoom) {
      const factor = Number(button.dataset.zoom);
      const [low, high] = state.view;
      const [middle, half] = [(low + high) / 2, ((high - low) / 2) * factor];
      if (!factor) state.view = [...entries[state.current].window];
      else if (half > 1e-3 && half < 1e4) state.view = [middle - half, middle + half];
      redraw();
    } else if (button.id === "close") close();
    else if (button.id === "keep") pin(state.current);
    else if (button.id === "reset") {
      state.values[state.current] = entries[state.current].sliders.map((slider) => slider.value);
      sliders(state.current);
      refresh();
    } else if (button.id === "save-svg") save(fileName("svg"), "image/svg+xml", picture());
    else if (button.id === "save-png") savePng();
    else if (button.id === "save-code") save(`${entries[state.current].name.replace(/[^\w-]+/g, "_")}.py`, "text/x-python", code(state.current));
  });
  byId("panel").addEventListener("change", (event) => {
    if (event.target.name !== "order") return;
    const order = Number(event.target.value);
    if (event.target.checked) state.orders.add(order);
    else state.orders.delete(order);
    redraw();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && state.current >= 0) close();
    else if (event.key === "/" && !event.target.matches("input, select")) {
      event.preventDefault();
      byId("search").focus();
    }
  });

  // ---- Light and dark -----------------------------------------------------------------------------------------
  const remembered = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("theme");
      localStorage.setItem("theme", value);
    } catch {
      // A page from a file may have no storage; then the choice lasts as long as the page.
    }
    return null;
  };
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  byId("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    remembered(root.dataset.theme);
  });

  const asked = () => {
    let wanted = "";
    try {
      wanted = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const index = entries.findIndex((entry) => entry.id === wanted);
    if (index >= 0) open(index);
  };
  addEventListener("hashchange", asked);
  asked();
  if (state.current < 0 && matchMedia("(min-width: 1000px)").matches && entries.length) open(0, false);
})();
