"use strict";
// Takes in the sections that the server sends, each in place of the one before.
(() => {
  const note = document.getElementById("live");
  const said = note.textContent;
  const form = document.getElementById("choose");
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.submit());

  const take = (event) => {
    const s = JSON.parse(event.data);
    const old = document.getElementById(s.id);
    if (!old) return;
    const open = [...old.querySelectorAll("details")].map((d) => d.open);
    old.innerHTML = s.html;
    old.querySelectorAll("details").forEach((d, i) => { d.open = !!open[i]; });
    old.dataset.version = s.version;
  };

  const connect = () => {
    const query = new URLSearchParams(location.search);
    for (const s of document.querySelectorAll("[data-version]")) query.append("seen", s.id + ":" + s.dataset.version);
    const events = new EventSource("/events?" + query);
    events.onopen = () => { note.textContent = said; note.parentElement.classList.remove("lost"); };
    events.addEventListener("section", take);
    events.onerror = () => {
      events.close();
      note.textContent = "The connection is lost; trying again.";
      note.parentElement.classList.add("lost");
      setTimeout(connect, 2000);
    };
  };
  connect();
})();
