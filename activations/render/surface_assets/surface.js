(() => {
"use strict";
const DATA = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
document.documentElement.classList.add("on");

const dark = matchMedia("(prefers-color-scheme: dark)");
const LIFT = 0.008;
const FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';
// plotly.js offers by default to upload a chart: this page sends nothing anywhere.
const CONFIG = {
  responsive: true, displaylogo: false, showSendToCloud: false, showEditInChartStudio: false, showLink: false, plotlyServerURL: "",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "sendChartToCloud", "sendDataToCloud"],
};

// plotly takes a part of HTML for markup: foreign text must not be any.
const literal = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const shown = (value) => {
  if (value === null) return "not finite";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(3).replace("+", "") : value.toPrecision(4);
};

// [smallest, step, 16-bit numbers in base64]; the largest number is a gap.
const unpack = ([low, step, text]) => {
  const bytes = atob(text);
  const values = new Array(bytes.length / 2);
  for (let i = 0; i < values.length; i++) {
    const level = bytes.charCodeAt(2 * i) + 256 * bytes.charCodeAt(2 * i + 1);
    values[i] = level === 65535 ? null : low + step * level;
  }
  return values;
};

const between = ([low, high], count) => Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
const inRows = (values, count) => between([0, count - 1], count).map((row) => values.slice(row * count, (row + 1) * count));

for (const surface of DATA.surfaces) {
  const logarithms = unpack(surface.log);
  surface.columns = between(surface.x, surface.points);
  surface.rows = between(surface.y, surface.points);
  surface.logarithms = inRows(logarithms, surface.points);
  surface.losses = surface.logarithms.map((row) => row.map((value) => (value === null ? null : 10 ** value)));
}

const look = () => {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["bg", "text", "muted", "grid", "zero"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
};

const logarithmic = () => $("logarithmic").checked && DATA.high > 0;
const least = Math.max(DATA.low, DATA.high * 1e-12);
const height = (loss) => {
  if (loss === null) return null;
  const held = Math.min(Math.max(loss, DATA.low), DATA.high);
  return logarithmic() ? Math.log10(Math.max(held, least)) : held;
};
const ends = () => [height(DATA.low), height(DATA.high)];

const scaleTicks = () => {
  if (!logarithmic()) return {};
  const [low, high] = ends();
  const ticks = [];
  const factors = high - low < 2.5 ? [1, 2, 5] : [1];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    for (const factor of factors) {
      const place = Math.log10(factor) + power;
      if (place >= low - 1e-9 && place <= high + 1e-9) ticks.push(place);
    }
  }
  return ticks.length > 1 ? { tickvals: ticks, ticktext: ticks.map((place) => `${Number((10 ** place).toPrecision(2))}`) } : {};
};

const bar = (theme) => ({
  thickness: 12, len: 0.92, outlinewidth: 0, tickfont: { color: theme.muted, size: 11 }, title: { text: "error", side: "right", font: { color: theme.text, size: 12 } }, ...scaleTicks(),
});

const layout = (theme, more) => ({
  paper_bgcolor: theme.bg, plot_bgcolor: theme.grid, showlegend: false, hovermode: "closest", font: { family: FONT, color: theme.text, size: 12 },
  modebar: { color: theme.muted, activecolor: theme.text, bgcolor: "rgba(0,0,0,0)" },
  hoverlabel: { bgcolor: theme.bg, bordercolor: theme.zero, font: { color: theme.text, family: FONT } }, ...more,
});

const hover = (surface) => `${literal(surface.labels[0])} %{x:.4g}<br>${literal(surface.labels[1])} %{y:.4g}<br>error %{customdata}<extra></extra>`;
const told = (path) => path.step.map((step, i) => `step ${step}, epoch ${path.epoch[i]}<br>error ${shown(path.loss[i])}<br>surface ${shown(path.height[i])}`);

const inside = (surface, x, y) => x >= surface.x[0] && x <= surface.x[1] && y >= surface.y[0] && y <= surface.y[1];

// The marks of a drawing: the path with its halo, its ends and the lowest points; with heights in three dimensions.
const marks = (surface, solid) => {
  const [low, high] = ends();
  const lift = LIFT * (high - low);
  const { path } = surface;
  const type = solid ? "scatter3d" : "scatter";
  const z = path.height.map((loss, i) => (inside(surface, path.x[i], path.y[i]) && loss !== null ? height(loss) + lift : null));
  const text = told(path);
  const last = path.x.length - 1;
  const one = (i, marker, name) => ({ type, mode: "markers", name, x: [path.x[i]], y: [path.y[i]], ...(solid ? { z: [z[i]] } : {}), marker, text: [text[i]], hovertemplate: "%{text}<extra></extra>" });
  const traces = [];
  if (surface.minima.length) {
    const marker = { symbol: solid ? "diamond" : "star", size: solid ? 5 : 14, color: "#ffd84d", line: { color: "#1b1f24", width: 1 } };
    traces.push({
      type, mode: "markers", name: "lowest", x: surface.minima.map((at) => at[0]), y: surface.minima.map((at) => at[1]),
      ...(solid ? { z: surface.minima.map((at) => height(at[2]) + lift) } : {}), marker, cliponaxis: solid ? undefined : false,
      text: surface.minima.map((at) => `lowest of the grid<br>error ${shown(at[2])}`), hovertemplate: "%{text}<extra></extra>",
    });
  }
  if ($("paths").checked) {
    const way = { type, mode: "lines", x: path.x, y: path.y, ...(solid ? { z } : {}) };
    if (!solid) traces.push({ ...way, name: "halo", line: { color: "#ffffff", width: 5 }, hoverinfo: "skip" });
    traces.push({ ...way, name: "path", line: { color: DATA.path, width: solid ? 7 : 2.4 }, text, hovertemplate: "%{text}<extra></extra>" });
    traces.push(one(0, { symbol: "circle", size: solid ? 5 : 9, color: "#ffffff", line: { color: DATA.path, width: 2 } }, "start"));
    traces.push(one(last, { symbol: "circle", size: solid ? 6 : 11, color: DATA.path, line: { color: "#ffffff", width: 1.5 } }, "end"));
  }
  return traces;
};

const drawContour = (number) => {
  const surface = DATA.surfaces[number];
  const theme = look();
  const [low, high] = ends();
  const ticks = { gridcolor: theme.grid, zeroline: false, tickfont: { color: theme.muted, size: 11 } };
  const titled = (text) => ({ text: literal(text), font: { color: theme.text, size: 12 }, standoff: 6 });
  const trace = {
    type: "contour", name: "error", x: surface.columns, y: surface.rows, z: surface.losses.map((row) => row.map(height)), customdata: surface.losses.map((row) => row.map(shown)),
    colorscale: "Viridis", zmin: low, zmax: high, zauto: false, autocontour: false, contours: { start: low, end: high, size: (high - low) / 20 || 1, coloring: "heatmap" },
    line: { color: "rgba(255,255,255,0.4)", width: 0.6 }, hovertemplate: hover(surface), colorbar: bar(theme), connectgaps: false, hoverongaps: false,
  };
  return Plotly.react($(`contour-${number}`), [trace, ...marks(surface, false)], layout(theme, {
    margin: { l: 54, r: 8, t: 12, b: 46 },
    xaxis: { ...ticks, range: surface.x, title: titled(surface.labels[0]) }, yaxis: { ...ticks, range: surface.y, title: titled(surface.labels[1]) },
  }), CONFIG);
};

// The views in three dimensions: a few elements that wander from surface to surface and keep their WebGL context.
const views = [];
const holders = [...document.querySelectorAll(".solid")];

const drawView = (view) => {
  const surface = DATA.surfaces[view.number];
  const theme = look();
  const [low, high] = ends();
  const z = surface.losses.map((row) => row.map(height));
  const axis = { gridcolor: theme.grid, zerolinecolor: theme.zero, color: theme.muted, backgroundcolor: theme.bg, showbackground: false, tickfont: { size: 10 } };
  const titled = (text) => ({ text: literal(text), font: { color: theme.text, size: 12 } });
  const trace = {
    type: "surface", name: "error", x: surface.columns, y: surface.rows, z, customdata: surface.losses.map((row) => row.map(shown)), colorscale: "Viridis", cmin: low, cmax: high, showscale: false,
    lighting: { ambient: 0.82, diffuse: 0.35, specular: 0.06, roughness: 0.8 }, hovertemplate: hover(surface),
    contours: { x: { highlight: false }, y: { highlight: false }, z: { show: true, start: low, end: high, size: (high - low) / 16 || 1, color: "rgba(255,255,255,0.35)", width: 1, highlight: false } },
  };
  const camera = view.camera || { eye: { x: -0.95, y: -1.4, z: 1.4 }, center: { x: 0, y: 0, z: -0.16 } };
  return Plotly.react(view.element, [trace, ...marks(surface, true)], layout(theme, {
    margin: { l: 0, r: 0, t: 0, b: 0 }, uirevision: view.number,
    scene: {
      bgcolor: theme.bg, camera, aspectmode: "manual", aspectratio: { x: 1.15, y: 1.15, z: 0.8 },
      xaxis: { ...axis, range: surface.x, title: titled(surface.labels[0]) }, yaxis: { ...axis, range: surface.y, title: titled(surface.labels[1]) },
      zaxis: { ...axis, range: [low, high + 0.03 * (high - low)], title: titled("error"), ...scaleTicks() },
    },
  }), CONFIG);
};

const give = (view, number) => {
  if (view.number !== undefined) {
    holders[view.number].classList.remove("lively");
    holders[view.number].querySelector(".turn").hidden = false;
  }
  view.number = number;
  holders[number].classList.add("lively");
  holders[number].querySelector(".turn").hidden = true;
  holders[number].append(view.element);
  return drawView(view);
};

const show = (number) => {
  if (views.some((view) => view.number === number)) return;
  if (views.length < DATA.live) {
    const element = document.createElement("div");
    element.className = "view";
    element.setAttribute("role", "img");
    views.push({ element });
  } else {
    views.push(views.shift()); // the one that was taken first
  }
  const view = views[views.length - 1];
  view.element.setAttribute("aria-label", `Error of ${DATA.surfaces[number].name} as a surface; drag to turn it`);
  give(view, number);
};

const hasWebgl = () => {
  const context = document.createElement("canvas").getContext("webgl");
  if (!context) return false;
  const end = context.getExtension("WEBGL_lose_context"); // this one was only a question
  if (end) end.loseContext();
  return true;
};

const redraw = () => {
  DATA.surfaces.forEach((_, number) => { if ($(`contour-${number}`).data) drawContour(number); });
  views.forEach(drawView);
};

const lively = hasWebgl();
$("no-webgl").hidden = lively;

// Nothing is drawn before it is nearly seen.
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    seen.unobserve(entry.target);
    const number = Number(entry.target.dataset.number);
    drawContour(number);
    if (lively && views.length < DATA.live) show(number);
  }
}, { rootMargin: "300px" });

for (const holder of holders) {
  const number = Number(holder.dataset.number);
  const button = holder.querySelector(".turn");
  button.hidden = !lively;
  button.addEventListener("click", () => show(number));
  seen.observe(holder);
}
$("logarithmic").addEventListener("change", redraw);
$("paths").addEventListener("change", redraw);
dark.addEventListener("change", redraw);
})();
