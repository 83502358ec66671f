"""Address of the generator, below api/v1/; its name is that of the original."""

from django.urls import path

from apps.identities.views import GenerateIdentityView

urlpatterns = [
    path(
        "email-domains/generate_random_data_with_provided_domain_or_state/",
        GenerateIdentityView.as_view(),
        name="generate-identity",
    ),
]
