"""Forms of the pages and announcements of challenges."""

from django import forms

from app.challenges.models import Announcement, ChallengePage


class PageForm(forms.ModelForm[ChallengePage]):
    """Write or change a page."""

    class Meta:
        model = ChallengePage
        fields = ("title", "visibility", "order", "content")
        labels = {"visibility": "Who reads it", "content": "Text"}
        widgets = {"content": forms.Textarea(attrs={"rows": 18, "class": "mono"})}


class AnnouncementForm(forms.ModelForm[Announcement]):
    """Announce something."""

    class Meta:
        model = Announcement
        fields = ("title", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 8})}
