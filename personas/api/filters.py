from django_filters import rest_framework as filters

from personas.models import Persona, PersonaTeam


class PersonaFilter(filters.FilterSet):
    role = filters.CharFilter(lookup_expr="iexact")
    team = filters.UUIDFilter(field_name="teams", distinct=True)

    class Meta:
        model = Persona
        fields = ("is_active",)


class PersonaTeamFilter(filters.FilterSet):
    class Meta:
        model = PersonaTeam
        fields = ("is_default",)
