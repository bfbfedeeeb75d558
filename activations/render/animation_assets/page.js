"use strict";
(() => {
  const { frames, time } = JSON.parse(document.getElementById("data").textContent);
  const [caption, fit, map, now, dot, play, slider, number] = ["caption", "fit", "map", "now", "dot", "play", "frame", "number"]
    .map((id) => document.getElementById(id));
  const { from, to } = now.dataset;
  let timer = 0;
  document.documentElement.classList.add("on");

  function show(index) {
    const frame = frames[index];
    caption.textContent = frame.title;
    fit.setAttribute("d", frame.path);
    if (map) map.setAttribute("href", frame.image);
    now.setAttribute("d", `M${frame.x} ${from}V${to}`);
    dot.setAttribute("visibility", frame.y === null ? "hidden" : "visible");
    dot.setAttribute("cx", frame.x);
    if (frame.y !== null) dot.setAttribute("cy", frame.y);
    slider.value = index;
    slider.setAttribute("aria-valuetext", frame.title);
    number.textContent = `${index + 1} / ${frames.length}`;
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶";
    play.setAttribute("aria-label", "Play");
  }

  function start() {
    if (Number(slider.value) === frames.length - 1) show(0);
    play.textContent = "❚❚";
    play.setAttribute("aria-label", "Pause");
    timer = setInterval(() => {
      const next = Number(slider.value) + 1;
      if (next < frames.length) show(next);
      if (next >= frames.length - 1) pause();
    }, time);
  }

  play.addEventListener("click", () => (timer ? pause() : start()));
  slider.addEventListener("input", () => {
    pause();
    show(Number(slider.value));
  });
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === play) return;
    if (event.key === " ") {
      event.preventDefault();
      if (timer) pause();
      else start();
    } else if (event.target !== slider && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      pause();
      const index = Number(slider.value) + (event.key === "ArrowLeft" ? -1 : 1);
      show(Math.min(Math.max(index, 0), frames.length - 1));
    }
  });
})();
