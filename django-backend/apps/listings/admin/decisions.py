"""What the pages on which staff decide have in common."""

from django import forms
from unfold.forms import ActionForm


class DecisionForm(ActionForm):
    """The action bar with a place for the reason that a rejected holder reads."""

    reason = forms.CharField(max_length=300, required=False, widget=forms.TextInput(attrs={"placeholder": "Reason"}))
