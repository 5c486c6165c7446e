"""The web console: pages for support, operators and authors, rendered on the server.

A request passes through these modules:

- `app`: finds the session, the route and the role, and turns errors into pages;
- `routes`: the table of routes and of the roles that may use each;
- `sign_in`: the sign-in at the user pool (OpenID Connect, authorization code with PKCE);
- `pages/`: a module for each subject, which calls the use cases that the API calls too;
- `templates/`: the HTML, which escapes every value;
- `assets/`: the style sheet and the scripts, and `htmx.min.js` from npm, unchanged.
"""
