// Stand-in for the browser worker: HTTP on port 3000, on the address in HOST. No browser is started.
"use strict";
const http = require("http");

const host = process.env.HOST || "0.0.0.0", port = 3000;
const headless = (process.env.HEADLESS || "true") !== "false";
const answers = {
  "/health": () => ({ status: "healthy" }),
  "/status": () => ({ status: "healthy", browser: "stand-in", headless }),
};

const server = http.createServer((request, response) => {
  const answer = answers[request.url.split("?")[0]];
  response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(answer ? answer() : { error: "not found" }));
});
server.on("error", (error) => { console.error(error.message); process.exit(1); });
server.listen(port, host, () => console.log(`listening on ${host}:${port}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => server.close(() => process.exit(0)));
