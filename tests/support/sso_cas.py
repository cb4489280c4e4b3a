"""A CAS server: django-mama-cas, with single log-out, in one folder.

    sso_cas.py FOLDER

Prints `READY http://127.0.0.1:PORT/cas` and serves until it is ended.
"""
import os
import sys
import wsgiref.simple_server

from django.conf import settings

folder = sys.argv[1]
APPS = ["auth", "contenttypes", "sessions", "messages"]
SEEN_BY_TEMPLATES = ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"]
settings.configure(
    SECRET_KEY="for stories alone",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="__main__",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(folder, "cas.db")}},
    INSTALLED_APPS=["django.contrib." + app for app in APPS] + ["mama_cas"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": SEEN_BY_TEMPLATES + ["django.contrib.messages.context_processors.messages"]
            },
        }
    ],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    MAMA_CAS_ENABLE_SINGLE_SIGN_OUT=True,
    MAMA_CAS_SERVICES=[
        {"SERVICE": r"^http://127\.0\.0\.1:", "LOGOUT_ALLOW": True, "CALLBACKS": ["__main__.attributes"]}
    ],
)
import django

django.setup()
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

urlpatterns = [path("cas/", include("mama_cas.urls"))]
# Login, the student system's id, name with what XML must hide.
PEOPLE = {"JKowalski": ("ada", "Ada <Test> & Co"), "stranger": ("", "Nobody Known"), "boss": ("", "Boss Example")}


def attributes(user, service):
    student, name = PEOPLE[user.username]
    told = {"fullName": name, "mail": f"{user.username}@example.test"}
    return {**told, "usosId": student} if student else told


call_command("migrate", verbosity=0)
from django.contrib.auth.models import User

for login in PEOPLE:
    User.objects.create_user(login, f"{login}@example.test", "pw")


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = wsgiref.simple_server.make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
print(f"READY http://127.0.0.1:{server.server_port}/cas", flush=True)
server.serve_forever()
