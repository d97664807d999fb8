// Node-RED without its editor, which the comparison does not need.
module.exports = {
  httpAdminRoot: false,
  httpNodeRoot: false,
  telemetry: { enabled: false },
  logging: { console: { level: "error", metrics: false, audit: false } },
};
