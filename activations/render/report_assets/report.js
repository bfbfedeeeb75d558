(() => {
"use strict";
const DATA = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
document.documentElement.classList.add("on");

const COLOURS = 8;
const DASHES = ["solid", "dash", "dot", "dashdot"];
const PAGE = 100;
const ROW = 22;
const dark = matchMedia("(prefers-color-scheme: dark)");
const FEW = 40;
// plotly.js offers by default to upload a chart: this page sends nothing anywhere.
const CONFIG = {
  responsive: true, displaylogo: false, showSendToCloud: false, showEditInChartStudio: false, showLink: false, plotlyServerURL: "",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "sendChartToCloud", "sendDataToCloud"],
};

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

// plotly takes a part of HTML for markup: foreign text must not be any.
const literal = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const cut = (text, most) => ([...text].length > most ? [...text].slice(0, most - 1).join("") + "…" : text);
const brief = (text, most = 28) => literal(cut(text, most));

const shown = (value, digits = 3) => {
  if (value === null || value === undefined) return "–";
  if (value === "inf") return "∞";
  if (value === "-inf") return "−∞";
  if (typeof value !== "number") return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return value.toExponential(digits - 1).replace("+", "");
  return size >= 10 ** digits ? value.toFixed(0) : value.toPrecision(digits);
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

const look = () => {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const found = { cycle: [] };
  for (const name of ["bg", "text", "muted", "grid", "zero", "low", "middle", "high"]) found[name] = of(name);
  for (let i = 0; i < COLOURS; i++) found.cycle.push(of(`c${i}`));
  return found;
};

const mixed = (one, other, share) => {
  const parts = [one, other].map((colour) => Number.parseInt(colour.slice(1), 16));
  const channel = (shift) => Math.round(((parts[0] >> shift) & 255) * (1 - share) + ((parts[1] >> shift) & 255) * share);
  return `#${[16, 8, 0].map((shift) => channel(shift).toString(16).padStart(2, "0")).join("")}`;
};

// The far end of a colour map: on a dark page darkened, so that light numbers stand out in every cell.
const far = (theme, colour) => (dark.matches ? mixed(colour, theme.bg, 0.42) : colour);

const axis = (theme, more) => ({
  gridcolor: theme.grid, zerolinecolor: theme.zero, linecolor: theme.zero, tickfont: { color: theme.muted, size: 11 },
  title: { text: "", font: { color: theme.text, size: 12 } }, automargin: true, ...more,
});

const titled = (theme, text) => ({ text, font: { color: theme.text, size: 12 }, standoff: 8 });

const layout = (theme, more) => ({
  paper_bgcolor: theme.bg, plot_bgcolor: theme.bg, showlegend: false, hovermode: "closest",
  font: { family: 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif', color: theme.text, size: 12 },
  margin: { l: 56, r: 12, t: 12, b: 44 }, modebar: { color: theme.muted, activecolor: theme.text, bgcolor: "rgba(0,0,0,0)" },
  hoverlabel: { bgcolor: theme.bg, bordercolor: theme.zero, font: { color: theme.text }, namelength: 40 },
  ...more,
});

const narrow = () => window.innerWidth < 640;

// Overall pictures

const drawHeat = () => {
  const map = DATA.heat;
  if (!map || !$("heat")) return;
  const theme = look();
  const many = map.labels.length > FEW;
  $("heat-all-label").hidden = !many;
  $("heat-count").textContent = map.labels.length;
  const count = many && !$("heat-all").checked ? FEW : map.labels.length;
  const rows = map.digits.slice(0, count);
  const names = map.labels.slice(0, count);
  const columns = map.targets.length;
  const z = rows.map((row) => row.map((value) => (typeof value === "number" ? Math.max(0, value) : value === "inf" ? 16 : null)));
  const text = rows.map((row) => row.map((v) => (typeof v === "number" ? v.toFixed(1).replace(/^-0\.0$/, "0.0") : v === "inf" ? "∞" : v === null ? "–" : "×")));
  const numbers = map.digits.flat().filter((value) => typeof value === "number");
  const top = Math.max(0.5, ...numbers.map((value) => Math.min(value, 8)));
  const longest = Math.max(...names.map((name) => Math.min([...name].length, narrow() ? 14 : 28)));
  const deepest = Math.max(...map.targets.map((name) => Math.min([...name].length, 18)));
  const left = 14 + 7 * longest;
  const below = 18 + 6.4 * deepest;
  const cells = columns * (columns > 12 ? 40 : 64);
  const room = $("heat").parentElement.clientWidth;
  const width = Math.max(columns > 6 ? room : Math.min(room, left + cells + 90), left + columns * 34 + 80);
  $("heat").style.minWidth = `${width}px`;
  $("heat").style.width = `${width}px`;
  const trace = {
    type: "heatmap", z, text, texttemplate: "%{text}", textfont: { size: 11 }, xgap: 1.5, ygap: 1.5, zmin: 0, zmax: top,
    colorscale: [[0, theme.middle], [1, far(theme, theme.high)]], hoverongaps: false,
    customdata: rows.map((_, i) => map.targets.map((name) => [literal(names[i]), literal(name)])),
    hovertemplate: "%{customdata[0]}<br>%{customdata[1]}<br>%{text} digits<extra></extra>",
    colorbar: { title: { text: "digits", side: "right", font: { size: 12 } }, thickness: 12, outlinewidth: 0, tickfont: { color: theme.muted, size: 11 } },
  };
  const gaps = text.flatMap((row, i) => row.map((sign, j) => ({ sign, i, j }))).filter(({ i, j }) => z[i][j] === null);
  Plotly.react($("heat"), [trace], layout(theme, {
    width, height: 40 + below + ROW * Math.max(3, count), margin: { l: left, r: 10, t: 10, b: below },
    xaxis: axis(theme, { tickvals: map.targets.map((_, j) => j), ticktext: map.targets.map((name) => brief(name, 18)), tickangle: -90, showgrid: false, fixedrange: true, automargin: false, zeroline: false }),
    yaxis: axis(theme, { tickvals: names.map((_, i) => i), ticktext: names.map((name) => brief(name, narrow() ? 14 : 28)), autorange: "reversed", showgrid: false, fixedrange: true, automargin: false, zeroline: false, tickfont: { color: theme.text, size: 11.5 } }),
    annotations: gaps.slice(0, 3000).map(({ sign, i, j }) => ({ x: j, y: i, text: sign, showarrow: false, font: { color: theme.muted, size: 11 } })),
  }), { ...CONFIG, responsive: false }).then((plot) => {
    plot.removeAllListeners("plotly_click");
    plot.on("plotly_click", (event) => {
      const [i, j] = event.points[0].pointIndex;
      show(j, names[i]);
      $("explorer").scrollIntoView();
    });
  });
};

const rgba = (colour, alpha) => {
  const value = Number.parseInt(colour.slice(1), 16);
  return `rgba(${value >> 16},${(value >> 8) & 255},${value & 255},${alpha})`;
};

const drawProfile = () => {
  const profile = DATA.profile;
  if (!profile || !$("profile")) return;
  const theme = look();
  const traces = [];
  profile.labels.forEach((name, k) => {
    if (k < 3) {
      traces.push({
        x: [...profile.levels, ...[...profile.levels].reverse()], y: [...profile.high[k], ...[...profile.low[k]].reverse()],
        fill: "toself", fillcolor: rgba(theme.cycle[k], 0.13), line: { width: 0 }, hoverinfo: "skip", showlegend: false, legendgroup: String(k),
      });
    }
  });
  profile.labels.forEach((name, k) => {
    traces.push({ x: profile.levels, y: profile.shares[k], name: brief(name, 24), mode: "lines", legendgroup: String(k), line: { color: theme.cycle[k % COLOURS], width: 2.2 }, hovertemplate: "%{y:.0%} of runs reach %{x:.1f} digits" });
  });
  Plotly.react($("profile"), traces, layout(theme, {
    height: narrow() ? 480 : 380, showlegend: true, legend: narrow() ? { orientation: "h", y: -0.25, x: 0 } : { x: 1.01, y: 1, traceorder: "normal" },
    xaxis: axis(theme, { title: titled(theme, "digits, −log<sub>10</sub> NRMSE"), zeroline: false, range: [0, Math.max(...profile.levels)] }),
    yaxis: axis(theme, { title: titled(theme, "share of runs"), tickformat: ".0%", range: [0, 1.03], zeroline: false }),
  }), CONFIG);
};

const drawBetter = () => {
  const matrix = DATA.improvement;
  if (!matrix || !$("better")) return;
  const theme = look();
  const count = matrix.labels.length;
  const most = narrow() ? 14 : 24;
  const names = matrix.labels.map((name) => brief(name, most));
  const longest = Math.max(...matrix.labels.map((name) => Math.min([...name].length, most)));
  const left = 14 + 7 * longest;
  const cell = count > 12 ? 36 : 46;
  const width = left + count * cell + 90;
  const trace = {
    type: "heatmap", z: matrix.probability.map((row, i) => row.map((value, j) => (i === j ? null : value))), zmin: 0, zmax: 1, xgap: 1.5, ygap: 1.5,
    colorscale: [[0, far(theme, theme.low)], [0.5, theme.middle], [1, far(theme, theme.high)]], texttemplate: "%{z:.0%}", textfont: { size: 10.5 }, hoverongaps: false,
    customdata: matrix.labels.map((row, i) => matrix.labels.map((column, j) => [literal(row), literal(column), shown(matrix.low[i][j], 2), shown(matrix.high[i][j], 2)])),
    hovertemplate: "%{customdata[0]} does better than<br>%{customdata[1]} with %{z:.1%}<br>95 %: %{customdata[2]} … %{customdata[3]}<extra></extra>",
    colorbar: { thickness: 12, outlinewidth: 0, tickformat: ".0%", tickfont: { color: theme.muted, size: 11 } },
  };
  $("better").style.minWidth = `${width}px`;
  $("better").style.width = `${width}px`;
  const ticks = { tickvals: names.map((_, i) => i), ticktext: names, showgrid: false, zeroline: false, fixedrange: true, automargin: false };
  Plotly.react($("better"), [trace], layout(theme, {
    width, height: 30 + 6.6 * longest + Math.max(4, count) * 28, margin: { l: left, r: 10, t: 10, b: 18 + 6.6 * longest },
    xaxis: axis(theme, { ...ticks, tickangle: -90 }), yaxis: axis(theme, { ...ticks, autorange: "reversed", tickfont: { color: theme.text, size: 11.5 } }),
  }), { ...CONFIG, responsive: false });
};

// The fits of one target

for (const target of DATA.targets) {
  target.labels = target.order.map((number) => DATA.table.labels[number]);
  if (target.grid) target.grid = unpack(target.grid);
  if (target.truth) target.truth = target.truth.map(unpack);
  if (target.drawn) target.drawn = target.drawn.map(unpack);
}

const state = { target: 0, chosen: new Map(), seeds: new Set(["median"]) };

const current = () => DATA.targets[state.target];

const slotFor = () => {
  const taken = new Set(state.chosen.values());
  let slot = 0;
  while (taken.has(slot)) slot++;
  return slot;
};

const runsOf = (target, place) => target.runs.filter((run) => run.a === place);

const isChosen = (run) => state.seeds.has(run.s) || (state.seeds.has("median") && run.m === 1);

const chosenRuns = () => {
  const target = current();
  return [...state.chosen].flatMap(([place, slot]) => runsOf(target, place).filter(isChosen).sort((one, other) => one.s - other.s).map((run) => ({ run, slot })));
};

const fillList = () => {
  const target = current();
  const kept = new Set(target.runs.map((run) => run.a));
  const list = $("activations");
  list.replaceChildren(...target.labels.map((name, place) => {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.value = place;
    box.disabled = !kept.has(place);
    box.checked = state.chosen.has(place);
    const text = element("span", name, "name");
    label.title = name;
    if (box.disabled) {
      label.className = "absent";
      text.append(element("small", " (no run on this page)"));
    }
    if (target.screened.includes(place)) text.append(element("small", " (screening)"));
    label.append(box, element("span", "", "swatch"), text, element("small", target.errors[place]));
    return label;
  }));
  colourList();
  find();
};

const colourList = () => {
  for (const label of $("activations").children) {
    const box = label.querySelector("input");
    const slot = state.chosen.get(Number(box.value));
    box.checked = slot !== undefined;
    label.querySelector(".swatch").className = slot === undefined ? "swatch" : `swatch b${slot % COLOURS}`;
  }
};

const fillSeeds = () => {
  const kept = [...new Set(current().runs.map((run) => run.s))].sort((a, b) => a - b);
  for (const seed of state.seeds) if (seed !== "median" && !kept.includes(seed)) state.seeds.delete(seed);
  if (!state.seeds.size) state.seeds.add("median");
  const chip = (value, text) => {
    const label = element("label", undefined, "chip");
    const box = element("input");
    box.type = "checkbox";
    box.value = value;
    box.checked = state.seeds.has(value);
    label.append(box, element("span", text));
    return label;
  };
  $("seeds").replaceChildren(
    chip("median", "median of each"), ...(kept.length > 1 ? [chip("all", "all")] : []), ...kept.map((seed) => chip(seed, String(seed + 1))));
};

const find = () => {
  const wanted = $("find").value.toLowerCase();
  for (const label of $("activations").children) label.hidden = !label.title.toLowerCase().includes(wanted);
};

const line = (theme, slot, several) => ({
  color: several ? rgba(theme.cycle[slot % COLOURS], 0.75) : theme.cycle[slot % COLOURS], width: several ? 1.3 : 2,
  dash: DASHES[Math.floor(slot / COLOURS) % DASHES.length],
});

const named = (target, run) => `${brief(target.labels[run.a], 40)}, seed ${run.s + 1}`;

const WITHOUT_CURVES = ["classes", "unknown", "large"];
const KINDS = {
  line: "Data of the chosen seeds (dots), target (thick grey line) and fitted curves; below, the error of each curve.",
  rows: "Training rows (dots) and fitted curves; below, the errors at test rows.",
  path: "Data (dots), target (thick grey line) and fitted curves in the plane; below, the distance from the target along the curve.",
  agreement: "Predicted over true values at test points; on the line both are equal. Below, the errors.",
  unknown: "The target is a Python function that is not kept with its results, so that there are no curves.",
  large: "The values are too large to be drawn.",
  classes: "What the best activations decide is in the picture above; the choice is for the losses.",
};

const drawFits = () => {
  const target = current();
  const theme = look();
  const box = $("fits");
  const runs = chosenRuns().filter(({ run }) => run.v);
  const several = runs.length > state.chosen.size;
  const log = $("logarithmic").checked;
  $("about-fits").textContent = KINDS[target.kind];
  const none = WITHOUT_CURVES.includes(target.kind);
  box.hidden = none;
  $("logarithmic-label").hidden = none;
  if (none) return;
  const traces = [];
  const dots = (data, more) => ({
    x: data.x, y: data.y, mode: "markers", name: "data", hovertemplate: "%{x:.4~g}, %{y:.4~g}",
    marker: { color: theme.muted, size: data.x.length > 150 ? 4 : 6, opacity: 0.75 }, ...more,
  });
  const seen = [...new Set(chosenRuns().map(({ run }) => run.d))];
  const sets = seen.length ? seen : target.data.length ? [0] : [];
  const errorsOf = (values) => (log ? values.map((value) => (value === null ? null : Math.abs(value) || null)) : values);
  const lower = (x, values, run, slot, mode) => traces.push({
    x, y: errorsOf(values), mode, xaxis: "x2", yaxis: "y2", name: named(target, run), line: { ...line(theme, slot, several), width: several ? 1 : 1.5 },
    marker: { color: theme.cycle[slot % COLOURS], size: 4 }, hovertemplate: "error %{y:.3~g} at %{x:.4~g}",
  });
  const upper = (x, y, run, slot, mode = "lines") => traces.push({
    x, y, mode, name: named(target, run), line: line(theme, slot, several),
    marker: { color: theme.cycle[slot % COLOURS], size: 5, opacity: 0.6 }, hovertemplate: "%{x:.4~g}, %{y:.4~g}",
  });
  let ticksX = target.x;
  let ticksY = target.y;
  let ratio;
  if (target.kind === "agreement") {
    const all = sets.flatMap((set) => target.data[set].truth);
    // Not Math.min(...): there may be too many for a call.
    const ends = [all.reduce((a, b) => Math.min(a, b), Infinity), all.reduce((a, b) => Math.max(a, b), -Infinity)];
    if (all.length) traces.push({ x: ends, y: ends, mode: "lines", name: "equal", line: { color: theme.zero, width: 1.5 }, hoverinfo: "skip" });
    ticksX = "true value";
    ticksY = "predicted value";
  } else {
    if (target.kind === "line") {
      const [x, y] = target.drawn || [target.grid, target.truth[0]];
      traces.push({ x, y, mode: "lines", name: "target", line: { color: rgba(theme.zero, 0.6), width: 5 }, hoverinfo: "skip" });
    }
    if (target.kind === "path") {
      traces.push({ x: target.truth[0], y: target.truth[1], mode: "lines", name: "target", line: { color: rgba(theme.zero, 0.6), width: 5 }, hoverinfo: "skip" });
      ticksX = "output 1";
      ticksY = "output 2";
      ratio = { scaleanchor: "x", scaleratio: 1 };
    }
    for (const set of sets) traces.push(dots(target.data[set]));
  }
  for (const { run, slot } of runs) {
    const values = run.v.map(unpack);
    if (target.kind === "line") {
      upper(target.grid, values[0].map((value, i) => (value === null ? null : value + target.truth[0][i])), run, slot);
      lower(target.grid, values[0], run, slot, "lines");
    } else if (target.kind === "path") {
      const both = values.map((part, k) => part.map((value, i) => value + target.truth[k][i]));
      upper(both[0], both[1], run, slot);
      lower(target.grid, values[0].map((value, i) => Math.hypot(value, values[1][i])), run, slot, "lines");
    } else if (target.kind === "rows") {
      upper(target.grid, values[0], run, slot);
      lower(target.data[run.d].at, unpack(run.e), run, slot, "markers");
    } else {
      const truth = target.data[run.d].truth;
      upper(truth, values[0].map((value, i) => value + truth[i]), run, slot, "markers");
      lower(truth, values[0], run, slot, "markers");
    }
  }
  const wide = target.kind === "path";
  const bare = !runs.length;
  box.classList.toggle("tall", true);
  Plotly.react(box, traces, layout(theme, {
    height: wide ? 640 : 540, margin: { l: 64, r: 12, t: 12, b: 44 },
    xaxis: axis(theme, { anchor: "y", zeroline: false, title: titled(theme, target.kind === "path" || target.kind === "agreement" ? brief(ticksX, 40) : ""), ...(target.kind === "line" || target.kind === "rows" ? (bare ? { title: titled(theme, brief(target.x, 60)) } : { matches: "x2", showticklabels: false }) : {}) }),
    yaxis: axis(theme, { domain: bare ? [0, 1] : wide ? [0.32, 1] : [0.36, 1], zeroline: false, title: titled(theme, brief(ticksY, 40)), ...ratio }),
    ...(bare ? {} : { xaxis2: axis(theme, { anchor: "y2", zeroline: false, title: titled(theme, target.kind === "agreement" ? "" : brief(target.x, 60)) }),
    yaxis2: axis(theme, { domain: [0, wide ? 0.18 : target.kind === "agreement" ? 0.22 : 0.3], title: titled(theme, log ? "|error|" : wide ? "distance" : "error"), ...(log ? logarithmic(traces.filter((trace) => trace.yaxis === "y2").flatMap((trace) => trace.y)) : {}), zerolinewidth: 1 }) }),
  }), CONFIG);
};

// Over few decades also their parts are labelled, or there may be no label at all.
const logarithmic = (values) => {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const span = logs.reduce((a, b) => Math.max(a, b), -Infinity) - logs.reduce((a, b) => Math.min(a, b), Infinity);
  if (!(span > 2)) return { type: "log", tickformat: "~g", ...(span > 1 ? { dtick: "D2" } : { nticks: 6 }) };
  return { type: "log", exponentformat: "power", dtick: Math.ceil(span / 8) };
};

const drawLosses = () => {
  const target = current();
  const theme = look();
  const runs = chosenRuns().filter(({ run }) => run.l);
  const several = runs.length > state.chosen.size;
  const traces = runs.map(({ run, slot }) => ({
    // Before step 0 there is no place on a log axis: the first loss stands at 1.
    x: run.l[0].map((step) => step + 1), y: unpack(run.l[1]).map((value) => (value === null ? null : 10 ** value)), mode: "lines",
    name: named(target, run), line: line(theme, slot, several), hovertemplate: "%{y:.3~g} before step %{x}",
  }));
  $("losses").hidden = !runs.length;
  $("no-losses").hidden = runs.length > 0;
  if (!runs.length) return;
  Plotly.react($("losses"), traces, layout(theme, {
    height: 330, margin: { l: 64, r: 12, t: 12, b: 44 },
    xaxis: axis(theme, { type: "log", title: titled(theme, "step, counted from 1"), exponentformat: "power", dtick: 1 }),
    yaxis: axis(theme, { ...logarithmic(traces.flatMap((trace) => trace.y)), title: titled(theme, "training loss") }),
  }), CONFIG);
};

const tellMissing = () => {
  const target = current();
  const told = [];
  if (!state.chosen.size) told.push("No activation is chosen.");
  const gone = chosenRuns().filter(({ run }) => !run.v && !WITHOUT_CURVES.includes(target.kind));
  if (gone.length) told.push(`Without a curve: ${gone.slice(0, 6).map(({ run }) => `${cut(target.labels[run.a], 40)}, seed ${run.s + 1} (${run.x === undefined ? "no parameters kept" : "diverged at step " + run.x})`).join("; ")}${gone.length > 6 ? ` and ${gone.length - 6} more` : ""}.`);
  const expected = state.chosen.size * (target.seeds > 0 ? [...state.seeds].filter((seed) => seed !== "median").length : 0);
  const kept = chosenRuns().filter(({ run }) => state.seeds.has(run.s)).length;
  if (kept < expected) told.push(`${expected - kept} of the chosen runs are not on this page: it has no room for them.`);
  const points = target.data.find((set) => set.of);
  if (points) told.push(`${points.x.length} of ${points.of} data points are drawn.`);
  $("missing").textContent = told.join(" ");
  $("chosen").replaceChildren(...chosenRuns().map(({ run }) => {
    const row = element("tr");
    const fate = run.x !== undefined ? `diverged at step ${run.x}` : run.f ? "failed" : "";
    const name = element("th", target.labels[run.a]);
    name.scope = "row";
    row.append(name, element("td", String(run.s + 1), "num"), element("td", shown(run.n, 4), "num"), element("td", fate + (run.m === 1 ? `${fate ? ", " : ""}median` : "")));
    return row;
  }));
};

const draw = () => {
  colourList();
  drawFits();
  drawLosses();
  tellMissing();
};

const chooseBest = () => {
  state.chosen.clear();
  const kept = new Set(current().runs.map((run) => run.a));
  for (const place of current().labels.keys()) if (kept.has(place) && state.chosen.size < 3) state.chosen.set(place, slotFor());
};

const show = (number, name) => {
  state.target = (number + DATA.targets.length) % DATA.targets.length;
  DATA.targets.forEach((_, i) => { $(`target-${i + 1}`).hidden = i !== state.target; });
  if ($("target")) $("target").value = state.target;
  $("explorer-target").textContent = cut(current().name, 60);
  chooseBest();
  const place = name === undefined ? -1 : current().labels.indexOf(name);
  if (place >= 0 && runsOf(current(), place).length && !state.chosen.has(place)) state.chosen.set(place, slotFor());
  $("find").value = "";
  fillList();
  fillSeeds();
  draw();
};

$("activations").addEventListener("change", (event) => {
  const place = Number(event.target.value);
  if (event.target.checked) state.chosen.set(place, slotFor());
  else state.chosen.delete(place);
  draw();
});
$("seeds").addEventListener("change", (event) => {
  const { value, checked } = event.target;
  const all = [...$("seeds").querySelectorAll("input")].map((box) => box.value).filter((name) => name !== "median" && name !== "all").map(Number);
  if (value === "all") {
    state.seeds = new Set(checked ? all : ["median"]);
  } else {
    const seed = value === "median" ? value : Number(value);
    if (checked) state.seeds.add(seed);
    else state.seeds.delete(seed);
  }
  for (const box of $("seeds").querySelectorAll("input")) {
    box.checked = box.value === "all" ? all.every((seed) => state.seeds.has(seed)) : state.seeds.has(box.value === "median" ? "median" : Number(box.value));
  }
  draw();
});
$("find").addEventListener("input", find);
$("best").addEventListener("click", () => { chooseBest(); draw(); });
$("none").addEventListener("click", () => { state.chosen.clear(); draw(); });
$("logarithmic").addEventListener("change", drawFits);
$("heat-all")?.addEventListener("change", drawHeat);
$("target")?.addEventListener("change", (event) => show(Number(event.target.value)));
$("before")?.addEventListener("click", () => show(state.target - 1));
$("after")?.addEventListener("click", () => show(state.target + 1));
for (const form of document.forms) form.addEventListener("submit", (event) => event.preventDefault());

// The table

const table = { ...DATA.table, sort: null, down: false, shown: PAGE };
const order = (value) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : value);

const cell = (value, column) => {
  if (column.key === "target") return table.targets[value];
  if (column.key === "activation") return table.labels[value];
  if (column.share !== null) return value === null ? "–" : `${(100 * value).toFixed(column.share)} %`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return column.whole ? String(value) : shown(value, 4);
};

const fillTable = () => {
  const wanted = $("filter").value.trim().toLowerCase();
  const target = $("filter-target") ? $("filter-target").value : "";
  const places = Object.fromEntries(table.columns.map((column, i) => [column.key, i]));
  let rows = table.rows.filter((row) => (target === "" || row[places.target] === Number(target)) && table.labels[row[places.activation]].toLowerCase().includes(wanted));
  if (table.sort !== null) {
    const { key } = table.columns[table.sort];
    const text = key === "activation" ? table.labels : key === "target" ? table.targets : null;
    const value = (row) => (text ? text[row[table.sort]] : order(row[table.sort]));
    const sign = table.down ? -1 : 1;
    rows = [...rows].sort((one, other) => {
      const a = value(one), b = value(other);
      // What is not known stands last, whichever way the others go.
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (text ? a.localeCompare(b, "en") : a < b ? -1 : a > b ? 1 : 0);
    });
  }
  $("count").textContent = `${rows.length} row${rows.length === 1 ? "" : "s"}`;
  $("rows").replaceChildren(...rows.slice(0, table.shown).map((row) => {
    const made = element("tr");
    row.forEach((value, i) => {
      const column = table.columns[i];
      const text = cell(value, column);
      const place = element("td", column.key === "target" || column.key === "activation" ? undefined : text, column.number ? "num" : "");
      if (!place.textContent) {
        const name = element("span", text, "name");
        name.title = text;
        place.append(name);
      }
      made.append(place);
    });
    return made;
  }));
  $("more").hidden = rows.length <= table.shown;
};

document.querySelector("#table thead").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const number = Number(button.dataset.column);
  table.down = table.sort === number ? !table.down : false;
  table.sort = number;
  for (const other of document.querySelectorAll("#table th")) other.removeAttribute("aria-sort");
  button.parentElement.setAttribute("aria-sort", table.down ? "descending" : "ascending");
  fillTable();
});
const refilter = () => { table.shown = PAGE; fillTable(); };
$("filter").addEventListener("input", refilter);
$("filter-target")?.addEventListener("change", refilter);
$("more").addEventListener("click", () => { table.shown += PAGE; fillTable(); });

const drawOverall = () => { drawHeat(); drawProfile(); drawBetter(); };
dark.addEventListener("change", () => { drawOverall(); draw(); });
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  drawHeat();
});
drawOverall();
show(0);
fillTable();
})();
