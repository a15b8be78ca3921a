// Looks for news every two seconds, unless somebody is typing in what would be replaced.
const live = document.getElementById("live");

function typing() {
  return live.contains(document.activeElement) || [...live.querySelectorAll("input:not([type=hidden])")].some((field) => field.value);
}

async function look() {
  if (document.hidden || typing()) return;
  try {
    const answer = await fetch(location.pathname + location.search);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (fresh && !typing() && fresh.innerHTML !== live.innerHTML) live.replaceChildren(...fresh.childNodes);
  } catch {
    // the account has stopped; the next look may find it again
  }
}

setInterval(look, 2000);
