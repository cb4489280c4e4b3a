// What makes work faster; every page does its job without it.
"use strict";
