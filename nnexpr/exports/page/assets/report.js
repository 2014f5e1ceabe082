// The report: its figures, and which claims are shown.

const { figures } = JSON.parse(document.getElementById("nnexpr-data").textContent);
figures.forEach((drawn, experiment) => drawn.forEach((given, place) => {
  const element = document.getElementById(`figure-${experiment}-${place}`);
  if (given.series) curves(element, given);
  else heatMap(element, given);
}));

/** Claims with the verdicts that are ticked; an experiment that has claims, but none of these, is not shown. */
function filter() {
  const wanted = new Set([...document.querySelectorAll("#filter input:checked")].map(({ value }) => value));
  const claims = [...document.querySelectorAll("tr[data-verdict]")];
  claims.forEach((claim) => { claim.hidden = !wanted.has(claim.dataset.verdict); });
  for (const section of document.querySelectorAll(".experiment")) {
    const own = [...section.querySelectorAll("tr[data-verdict]")];
    section.hidden = own.length > 0 && own.every((claim) => claim.hidden);
  }
  const shown = claims.filter((claim) => !claim.hidden).length;
  document.getElementById("shown").textContent = `${shown} of ${claims.length} claims are shown`;
}

document.getElementById("filter")?.addEventListener("change", filter);
