// The npm package "dhcp" as a client: prints the address it was bound to and ends. Argument: its MAC.
const { createClient } = require("dhcp");

const client = createClient({ mac: process.argv[2] });
client.on("bound", (state) => {
  process.stdout.write(JSON.stringify(state));
  client.close();
});
client.on("listening", () => client.sendDiscover());
client.listen();
