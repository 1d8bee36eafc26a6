"""The colours of the plots, counted in their pixels."""

from PIL import Image

FLAG_RED = (213, 94, 0)
BAND_BLUE = (206, 225, 242)
VALUE_BLUE = (31, 78, 121)

Box = tuple[int, int, int, int]


def count_pixels(image: Image.Image, box: Box, colour: tuple[int, int, int]) -> int:
    """Count the pixels of the box that have about this colour."""
    pixels = image.crop(box).tobytes()
    triples = zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
    return sum(all(abs(a - b) < 15 for a, b in zip(t, colour, strict=True)) for t in triples)
