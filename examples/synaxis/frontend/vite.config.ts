import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  const { SYNAXIS_SERVER: backEnd = "http://127.0.0.1:8000" } = loadEnv(mode, ".", "SYNAXIS_");
  return {
    build: { target: "es2022", emptyOutDir: true },
    server: {
      proxy: {
        "/demo": backEnd,
        "/hubs": { target: backEnd, ws: true },
      },
    },
  };
});
