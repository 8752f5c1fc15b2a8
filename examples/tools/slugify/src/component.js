// The component: its tools, and the imports that they get.

import * as data from "palisade:tool/data@0.1.0";

import { component } from "./palisade-tool/index.js";
import { slugify } from "./tool.js";

export const tools = component([slugify], { data });
