"use strict";
const details = JSON.parse(document.getElementById("details").textContent);
const dialog = document.getElementById("call");
const boxes = [...document.querySelectorAll(".grid button")];

function part(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function open(box) {
  const call = details[Number(box.dataset.call)];
  document.getElementById("call-title").textContent = call.title;
  document.getElementById("call-fate").textContent = [call.fate, call.outcome].filter(Boolean).join(": ");
  const body = document.getElementById("call-body");
  body.replaceChildren();
  for (const [number, exchange] of call.exchanges.entries()) {
    const which = call.exchanges.length > 1 ? ` ${number + 1} of ${call.exchanges.length}` : "";
    body.append(part("h3", `Request${which}`), part("pre", exchange.request), part("h3", `Answer${which}`), part("pre", exchange.answer));
  }
  if (call.back) body.append(part("h3", "What the caller was told"), part("pre", call.back));
  dialog.showModal();
}

// One box of all is in the tab order; arrow keys move on from it, by what is seen where.
function move(from, key) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step) return boxes[boxes.indexOf(from) + step];
  const at = from.getBoundingClientRect();
  const column = boxes.filter((box) => Math.abs(box.getBoundingClientRect().left - at.left) < 2);
  const place = column.indexOf(from);
  return { ArrowUp: column[place - 1], ArrowDown: column[place + 1], Home: boxes[0], End: boxes.at(-1) }[key];
}

for (const box of boxes) {
  box.tabIndex = box === boxes[0] ? 0 : -1;
  box.addEventListener("click", () => open(box));
  box.addEventListener("keydown", (event) => {
    const next = move(box, event.key);
    if (!next) return;
    event.preventDefault();
    box.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

document.getElementById("differs").addEventListener("change", (event) => {
  document.body.classList.toggle("only-differing", event.target.checked);
});
