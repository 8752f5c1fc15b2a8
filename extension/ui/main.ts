// The page that the host serves.
import { createApp } from "vue";

import App from "./App.vue";
import "./page.css";

createApp(App).mount("#app");
