(function () {
  "use strict";
  var box = document.getElementById("find");
  var told = document.getElementById("found");
  var rows = document.querySelectorAll("#rules tbody tr");
  document.querySelector(".find").hidden = false;
  box.addEventListener("input", function () {
    var words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    rows.forEach(function (row) {
      var text = row.textContent.toLowerCase();
      row.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
      if (!row.hidden) { shown += 1; }
    });
    told.textContent = words.length ? shown + " of " + rows.length + " rules" : "";
  });
})();
