// Shows the document that the page names. A token, entered under "Authorize" or, where the document itself is not
// given without one, above the page, goes with every request that has none of its own.
const openapi = document.currentScript.dataset.openapi;
const form = document.getElementById("token");
let token = null;

const followToken = {statePlugins: {auth: {wrapActions: {
  authorize: (original, system) => given => {
    original(given);
    const entered = Object.values(given).find(one => typeof one.value === "string");
    token = entered ? entered.value : null;
    system.specActions.download(openapi);
  },
  logout: (original, system) => given => {
    original(given);
    token = null;
    system.specActions.download(openapi);
  },
}}}};

const ui = SwaggerUIBundle({
  url: openapi,
  dom_id: "#ui",
  validatorUrl: null,
  plugins: [() => followToken],
  requestInterceptor: request => {
    const own = Object.keys(request.headers).some(name => name.toLowerCase() === "authorization");
    if (token && !own) request.headers.Authorization = "Bearer " + token;
    return request;
  },
  responseInterceptor: response => {
    if (new URL(response.url, location).pathname === openapi) {
      const refused = [400, 401, 403].includes(response.status);
      form.hidden = !refused;
      form.querySelector("output").value = refused && token ? "This token is not accepted." : "";
    }
    return response;
  },
  onComplete: () => {
    document.title = ui.specSelectors.info().get("title") || document.title;
  },
});

form.addEventListener("submit", event => {
  event.preventDefault();
  token = form.querySelector("input").value;
  ui.specActions.download(openapi);
});
