"""The look-up table: which color and opacity a value of an overlay is drawn with."""

from django.core.validators import RegexValidator
from django.db import models

from app.core.models import TimestampedModel

COLORS = RegexValidator(
    r"^\[\d{1,3} \d{1,3} \d{1,3} \d{1,3}(?:, ?\d{1,3} \d{1,3} \d{1,3} \d{1,3}){0,255}\]$",
    "Write colors like [0 0 0 0, 255 159 28 1]: red, green and blue from 0 to 255 and a position.",
)
ALPHAS = RegexValidator(
    r"^\[[01](?:\.\d{1,6})? \d{1,3}(?:, ?[01](?:\.\d{1,6})? \d{1,3}){0,255}\]$",
    "Write opacities like [0 0, 1 100]: from 0 to 1, and a position.",
)


class LookUpTable(TimestampedModel):
    """A look-up table as clients of the API know it; its key is a number there.

    ``color`` lists red, green, blue and a position; ``alpha`` an opacity and a position.
    """

    class Interpolation(models.TextChoices):
        RGB = "RGB", "RGB"
        HLS = "HLS", "HLS"
        HLS_POSITIVE = "HLSpos", "HLS, forwards"
        HLS_NEGATIVE = "HLSneg", "HLS, backwards"
        CONSTANT = "Constant", "None"

    id = models.BigAutoField(primary_key=True)
    slug = models.SlugField(max_length=100, unique=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    color = models.TextField(validators=[COLORS])
    alpha = models.TextField(validators=[ALPHAS])
    color_invert = models.TextField(blank=True, validators=[COLORS])
    alpha_invert = models.TextField(blank=True, validators=[ALPHAS])
    range_min = models.SmallIntegerField(default=0)
    range_max = models.SmallIntegerField(default=4095)
    relative = models.BooleanField(default=False)
    color_interpolation = models.CharField(
        max_length=8, choices=Interpolation.choices, default=Interpolation.RGB
    )
    color_interpolation_invert = models.CharField(
        max_length=8, choices=Interpolation.choices, default=Interpolation.RGB
    )

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title
