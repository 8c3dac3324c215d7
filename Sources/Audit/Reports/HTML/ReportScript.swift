extension HTMLReport {
  /// The one script. The report is whole without it; it adds a text filter, prints every group, and shows the row that a link names.
  static let script = #"""
    "use strict";
    const box = document.getElementById("q"), rows = [...document.querySelectorAll("tr.x")];
    let texts;
    if (box) {
      box.hidden = false;
      box.addEventListener("input", () => {
        texts ??= rows.map((row) => row.textContent.toLowerCase());
        const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
        rows.forEach((row, i) => { row.hidden = !words.every((word) => texts[i].includes(word)); });
      });
      addEventListener("keydown", (event) => {
        if (event.key !== "/" || /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName) && document.activeElement.type !== "radio") return;
        event.preventDefault();
        box.focus();
      });
    }
    addEventListener("beforeprint", () => document.querySelectorAll("details.grp, details.pg").forEach((group) => { group.open = true; }));
    const reveal = () => {
      const row = location.hash.startsWith("#r-") && document.getElementById(location.hash.slice(1));
      if (!row) return;
      row.closest("details").open = true;
      if (row.offsetParent === null) {
        for (const id of ["v-all", "a-0", "s-any"]) { const radio = document.getElementById(id); if (radio) radio.checked = true; }
        row.hidden = false;
      }
      row.scrollIntoView({ block: "center" });
    };
    addEventListener("hashchange", reveal);
    reveal();
    """#
}
