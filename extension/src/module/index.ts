// The page of the assistant in Directus's app.
import ChatPage from "./ChatPage.vue";

export default {
  id: "palisade",
  name: "Palisade",
  icon: "fort",
  routes: [{ path: "", component: ChatPage }],
};
