/** What Node 20 lacks of the functions that the command line and `lib` use. */
import "core-js/actual/array/from-async.js";
import "core-js/actual/json/parse.js";
import "core-js/actual/json/raw-json.js";
import "core-js/actual/json/stringify.js";
import "core-js/actual/map/group-by.js";
import "core-js/actual/object/group-by.js";
import "core-js/actual/promise/with-resolvers.js";
import "core-js/actual/set/index.js";
import "core-js/actual/iterator/index.js";
