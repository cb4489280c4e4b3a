//! The desk of the student service centre.

use super::ground::routes::Routes;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
}
