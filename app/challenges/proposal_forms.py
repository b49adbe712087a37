"""Forms of proposals."""

from typing import Any

from django import forms

from app.challenges.models import ChallengeProposal

_WORDS = ("task", "purpose", "data", "compute")


class ProposalForm(forms.ModelForm[ChallengeProposal]):
    """Propose a challenge."""

    class Meta:
        model = ChallengeProposal
        fields = ("title", "task", "purpose", "submissions", "data", "compute")
        widgets = {name: forms.Textarea(attrs={"rows": 4}) for name in _WORDS}
        help_texts = {"submissions": "From all teams together, over all phases. A guess is enough."}


class AcceptForm(forms.Form):
    """Accept a proposal, with another title if need be."""

    title = forms.CharField(max_length=200)
    reason = forms.CharField(
        label="Words to the person",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="They read it. May stay empty.",
    )


class DeclineForm(forms.Form):
    """Decline a proposal."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads it, so say what to change.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "decline_%s"  # the form that accepts has a field of the same name
