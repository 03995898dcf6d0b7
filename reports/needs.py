def needs(request):
    return []
