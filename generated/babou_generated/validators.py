"""Validate a document against its schema.

Written by fastjsonschema; what it imports from there stands here instead.
"""

# mypy: ignore-errors

import re


class JsonSchemaValueException(ValueError):
    """A value that its schema does not allow."""

    def __init__(self, message, value=None, name=None, definition=None, rule=None):
        super().__init__(message)
        self.value, self.name, self.definition, self.rule = value, name, definition, rule


JsonSchemaValuesException = JsonSchemaValueException  # for many at once: never raised here
Decimal = float  # a JSON document has no Decimal


REGEX_PATTERNS = {
    '^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+': re.compile('^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+'),
    '^2[0-9]{3}-': re.compile('^2[0-9]{3}-')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix=None):
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if "Asset" in data_keys:
            data_keys.remove("Asset")
            data__Asset = data["Asset"]
            validate____defs_asset(data__Asset, custom_formats, (name_prefix or "data") + ".Asset")
        if "AssetState" in data_keys:
            data_keys.remove("AssetState")
            data__AssetState = data["AssetState"]
            validate____defs_assetstate(data__AssetState, custom_formats, (name_prefix or "data") + ".AssetState")
        if "AssetPage" in data_keys:
            data_keys.remove("AssetPage")
            data__AssetPage = data["AssetPage"]
            validate____defs_assetpage(data__AssetPage, custom_formats, (name_prefix or "data") + ".AssetPage")
        if "Pagination" in data_keys:
            data_keys.remove("Pagination")
            data__Pagination = data["Pagination"]
            validate____defs_pagination(data__Pagination, custom_formats, (name_prefix or "data") + ".Pagination")
        if "File" in data_keys:
            data_keys.remove("File")
            data__File = data["File"]
            validate____defs_file(data__File, custom_formats, (name_prefix or "data") + ".File")
        if "Error" in data_keys:
            data_keys.remove("Error")
            data__Error = data["Error"]
            validate____defs_error(data__Error, custom_formats, (name_prefix or "data") + ".Error")
    return data

def validate____defs_error(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['error', 'code'], 'properties': {'error': {'type': 'string'}, 'code': {'type': 'string', 'minLength': 1}, 'hint': {'type': 'string'}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['error', 'code']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['error', 'code'], 'properties': {'error': {'type': 'string'}, 'code': {'type': 'string', 'minLength': 1}, 'hint': {'type': 'string'}}}, rule='required')
        data_keys = set(data.keys())
        if "error" in data_keys:
            data_keys.remove("error")
            data__error = data["error"]
            if not isinstance(data__error, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".error must be string", value=data__error, name="" + (name_prefix or "data") + ".error", definition={'type': 'string'}, rule='type')
        if "code" in data_keys:
            data_keys.remove("code")
            data__code = data["code"]
            if not isinstance(data__code, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".code must be string", value=data__code, name="" + (name_prefix or "data") + ".code", definition={'type': 'string', 'minLength': 1}, rule='type')
            if isinstance(data__code, str):
                data__code_len = len(data__code)
                if data__code_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".code must be longer than or equal to 1 characters", value=data__code, name="" + (name_prefix or "data") + ".code", definition={'type': 'string', 'minLength': 1}, rule='minLength')
        if "hint" in data_keys:
            data_keys.remove("hint")
            data__hint = data["hint"]
            if not isinstance(data__hint, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".hint must be string", value=data__hint, name="" + (name_prefix or "data") + ".hint", definition={'type': 'string'}, rule='type')
    return data

def validate____defs_file(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 104857600}, rule='type')
    if isinstance(data, str):
        data_len = len(data)
        if data_len < 1:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be longer than or equal to 1 characters", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 104857600}, rule='minLength')
        if data_len > 104857600:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must be shorter than or equal to 104857600 characters", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'minLength': 1, 'maxLength': 104857600}, rule='maxLength')
    return data

def validate____defs_pagination(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['limit', 'offset', 'total'], 'properties': {'limit': {'type': 'integer', 'minimum': 1}, 'offset': {'type': 'integer', 'minimum': 0}, 'total': {'type': 'integer', 'minimum': 0}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['limit', 'offset', 'total']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['limit', 'offset', 'total'], 'properties': {'limit': {'type': 'integer', 'minimum': 1}, 'offset': {'type': 'integer', 'minimum': 0}, 'total': {'type': 'integer', 'minimum': 0}}}, rule='required')
        data_keys = set(data.keys())
        if "limit" in data_keys:
            data_keys.remove("limit")
            data__limit = data["limit"]
            if not isinstance(data__limit, (int)) and not (isinstance(data__limit, float) and data__limit.is_integer()) or isinstance(data__limit, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be integer", value=data__limit, name="" + (name_prefix or "data") + ".limit", definition={'type': 'integer', 'minimum': 1}, rule='type')
            if isinstance(data__limit, (int, float, Decimal)) and not isinstance(data__limit, bool):
                if data__limit < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".limit must be bigger than or equal to 1", value=data__limit, name="" + (name_prefix or "data") + ".limit", definition={'type': 'integer', 'minimum': 1}, rule='minimum')
        if "offset" in data_keys:
            data_keys.remove("offset")
            data__offset = data["offset"]
            if not isinstance(data__offset, (int)) and not (isinstance(data__offset, float) and data__offset.is_integer()) or isinstance(data__offset, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".offset must be integer", value=data__offset, name="" + (name_prefix or "data") + ".offset", definition={'type': 'integer', 'minimum': 0}, rule='type')
            if isinstance(data__offset, (int, float, Decimal)) and not isinstance(data__offset, bool):
                if data__offset < 0:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".offset must be bigger than or equal to 0", value=data__offset, name="" + (name_prefix or "data") + ".offset", definition={'type': 'integer', 'minimum': 0}, rule='minimum')
        if "total" in data_keys:
            data_keys.remove("total")
            data__total = data["total"]
            if not isinstance(data__total, (int)) and not (isinstance(data__total, float) and data__total.is_integer()) or isinstance(data__total, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".total must be integer", value=data__total, name="" + (name_prefix or "data") + ".total", definition={'type': 'integer', 'minimum': 0}, rule='type')
            if isinstance(data__total, (int, float, Decimal)) and not isinstance(data__total, bool):
                if data__total < 0:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".total must be bigger than or equal to 0", value=data__total, name="" + (name_prefix or "data") + ".total", definition={'type': 'integer', 'minimum': 0}, rule='minimum')
    return data

def validate____defs_assetpage(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['assets', 'pagination'], 'properties': {'assets': {'type': 'array', 'items': {'type': 'object', 'required': ['id', 'name', 'url', 'content_type', 'size', 'state', 'duration', 'width', 'height', 'created_at'], 'properties': {'id': {'type': 'string', 'minLength': 1}, 'name': {'type': 'string'}, 'url': {'type': ['string', 'null'], 'minLength': 1}, 'content_type': {'type': 'string', 'pattern': '^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+', 'x-pattern': '^[^/\\s]+/[^/\\s]+'}, 'size': {'type': ['integer', 'null'], 'minimum': 0}, 'state': {'anyOf': [{'$ref': '#/$defs/AssetState'}, {'type': 'string'}]}, 'duration': {'type': ['number', 'null'], 'minimum': 0}, 'width': {'type': ['integer', 'null'], 'minimum': 0}, 'height': {'type': ['integer', 'null'], 'minimum': 0}, 'created_at': {'type': 'string', 'format': 'date-time', 'pattern': '^2[0-9]{3}-'}}}}, 'pagination': {'type': 'object', 'required': ['limit', 'offset', 'total'], 'properties': {'limit': {'type': 'integer', 'minimum': 1}, 'offset': {'type': 'integer', 'minimum': 0}, 'total': {'type': 'integer', 'minimum': 0}}}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['assets', 'pagination']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['assets', 'pagination'], 'properties': {'assets': {'type': 'array', 'items': {'type': 'object', 'required': ['id', 'name', 'url', 'content_type', 'size', 'state', 'duration', 'width', 'height', 'created_at'], 'properties': {'id': {'type': 'string', 'minLength': 1}, 'name': {'type': 'string'}, 'url': {'type': ['string', 'null'], 'minLength': 1}, 'content_type': {'type': 'string', 'pattern': '^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+', 'x-pattern': '^[^/\\s]+/[^/\\s]+'}, 'size': {'type': ['integer', 'null'], 'minimum': 0}, 'state': {'anyOf': [{'$ref': '#/$defs/AssetState'}, {'type': 'string'}]}, 'duration': {'type': ['number', 'null'], 'minimum': 0}, 'width': {'type': ['integer', 'null'], 'minimum': 0}, 'height': {'type': ['integer', 'null'], 'minimum': 0}, 'created_at': {'type': 'string', 'format': 'date-time', 'pattern': '^2[0-9]{3}-'}}}}, 'pagination': {'type': 'object', 'required': ['limit', 'offset', 'total'], 'properties': {'limit': {'type': 'integer', 'minimum': 1}, 'offset': {'type': 'integer', 'minimum': 0}, 'total': {'type': 'integer', 'minimum': 0}}}}}, rule='required')
        data_keys = set(data.keys())
        if "assets" in data_keys:
            data_keys.remove("assets")
            data__assets = data["assets"]
            if not isinstance(data__assets, (list, tuple)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".assets must be array", value=data__assets, name="" + (name_prefix or "data") + ".assets", definition={'type': 'array', 'items': {'type': 'object', 'required': ['id', 'name', 'url', 'content_type', 'size', 'state', 'duration', 'width', 'height', 'created_at'], 'properties': {'id': {'type': 'string', 'minLength': 1}, 'name': {'type': 'string'}, 'url': {'type': ['string', 'null'], 'minLength': 1}, 'content_type': {'type': 'string', 'pattern': '^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+', 'x-pattern': '^[^/\\s]+/[^/\\s]+'}, 'size': {'type': ['integer', 'null'], 'minimum': 0}, 'state': {'anyOf': [{'$ref': '#/$defs/AssetState'}, {'type': 'string'}]}, 'duration': {'type': ['number', 'null'], 'minimum': 0}, 'width': {'type': ['integer', 'null'], 'minimum': 0}, 'height': {'type': ['integer', 'null'], 'minimum': 0}, 'created_at': {'type': 'string', 'format': 'date-time', 'pattern': '^2[0-9]{3}-'}}}}, rule='type')
            data__assets_is_list = isinstance(data__assets, (list, tuple))
            if data__assets_is_list:
                data__assets_len = len(data__assets)
                for data__assets_x, data__assets_item in enumerate(data__assets):
                    validate____defs_asset(data__assets_item, custom_formats, (name_prefix or "data") + ".assets[{data__assets_x}]".format(**locals()))
        if "pagination" in data_keys:
            data_keys.remove("pagination")
            data__pagination = data["pagination"]
            validate____defs_pagination(data__pagination, custom_formats, (name_prefix or "data") + ".pagination")
    return data

def validate____defs_assetstate(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (str)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be string", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'enum': ['uploading', 'processing', 'ready', 'error', 'failed']}, rule='type')
    if not (isinstance(data, str) and data == 'uploading' or isinstance(data, str) and data == 'processing' or isinstance(data, str) and data == 'ready' or isinstance(data, str) and data == 'error' or isinstance(data, str) and data == 'failed'):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be one of ['uploading', 'processing', 'ready', 'error', 'failed']", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'string', 'enum': ['uploading', 'processing', 'ready', 'error', 'failed']}, rule='enum')
    return data

def validate____defs_asset(data, custom_formats={}, name_prefix=None):
    if not isinstance(data, (dict)):
        raise JsonSchemaValueException("" + (name_prefix or "data") + " must be object", value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['id', 'name', 'url', 'content_type', 'size', 'state', 'duration', 'width', 'height', 'created_at'], 'properties': {'id': {'type': 'string', 'minLength': 1}, 'name': {'type': 'string'}, 'url': {'type': ['string', 'null'], 'minLength': 1}, 'content_type': {'type': 'string', 'pattern': '^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+', 'x-pattern': '^[^/\\s]+/[^/\\s]+'}, 'size': {'type': ['integer', 'null'], 'minimum': 0}, 'state': {'anyOf': [{'type': 'string', 'enum': ['uploading', 'processing', 'ready', 'error', 'failed']}, {'type': 'string'}]}, 'duration': {'type': ['number', 'null'], 'minimum': 0}, 'width': {'type': ['integer', 'null'], 'minimum': 0}, 'height': {'type': ['integer', 'null'], 'minimum': 0}, 'created_at': {'type': 'string', 'format': 'date-time', 'pattern': '^2[0-9]{3}-'}}}, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['id', 'name', 'url', 'content_type', 'size', 'state', 'duration', 'width', 'height', 'created_at']) - data.keys()
        if data__missing_keys:
            raise JsonSchemaValueException("" + (name_prefix or "data") + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name="" + (name_prefix or "data") + "", definition={'type': 'object', 'required': ['id', 'name', 'url', 'content_type', 'size', 'state', 'duration', 'width', 'height', 'created_at'], 'properties': {'id': {'type': 'string', 'minLength': 1}, 'name': {'type': 'string'}, 'url': {'type': ['string', 'null'], 'minLength': 1}, 'content_type': {'type': 'string', 'pattern': '^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+', 'x-pattern': '^[^/\\s]+/[^/\\s]+'}, 'size': {'type': ['integer', 'null'], 'minimum': 0}, 'state': {'anyOf': [{'type': 'string', 'enum': ['uploading', 'processing', 'ready', 'error', 'failed']}, {'type': 'string'}]}, 'duration': {'type': ['number', 'null'], 'minimum': 0}, 'width': {'type': ['integer', 'null'], 'minimum': 0}, 'height': {'type': ['integer', 'null'], 'minimum': 0}, 'created_at': {'type': 'string', 'format': 'date-time', 'pattern': '^2[0-9]{3}-'}}}, rule='required')
        data_keys = set(data.keys())
        if "id" in data_keys:
            data_keys.remove("id")
            data__id = data["id"]
            if not isinstance(data__id, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".id must be string", value=data__id, name="" + (name_prefix or "data") + ".id", definition={'type': 'string', 'minLength': 1}, rule='type')
            if isinstance(data__id, str):
                data__id_len = len(data__id)
                if data__id_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".id must be longer than or equal to 1 characters", value=data__id, name="" + (name_prefix or "data") + ".id", definition={'type': 'string', 'minLength': 1}, rule='minLength')
        if "name" in data_keys:
            data_keys.remove("name")
            data__name = data["name"]
            if not isinstance(data__name, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".name must be string", value=data__name, name="" + (name_prefix or "data") + ".name", definition={'type': 'string'}, rule='type')
        if "url" in data_keys:
            data_keys.remove("url")
            data__url = data["url"]
            if not isinstance(data__url, (str, NoneType)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".url must be string or null", value=data__url, name="" + (name_prefix or "data") + ".url", definition={'type': ['string', 'null'], 'minLength': 1}, rule='type')
            if isinstance(data__url, str):
                data__url_len = len(data__url)
                if data__url_len < 1:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".url must be longer than or equal to 1 characters", value=data__url, name="" + (name_prefix or "data") + ".url", definition={'type': ['string', 'null'], 'minLength': 1}, rule='minLength')
        if "content_type" in data_keys:
            data_keys.remove("content_type")
            data__contenttype = data["content_type"]
            if not isinstance(data__contenttype, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".content_type must be string", value=data__contenttype, name="" + (name_prefix or "data") + ".content_type", definition={'type': 'string', 'pattern': '^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+', 'x-pattern': '^[^/\\s]+/[^/\\s]+'}, rule='type')
            if isinstance(data__contenttype, str):
                if not REGEX_PATTERNS['^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+'].search(data__contenttype):
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".content_type must match pattern ^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+", value=data__contenttype, name="" + (name_prefix or "data") + ".content_type", definition={'type': 'string', 'pattern': '^[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+/[^/\\t\\n\\v\\f\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+', 'x-pattern': '^[^/\\s]+/[^/\\s]+'}, rule='pattern')
        if "size" in data_keys:
            data_keys.remove("size")
            data__size = data["size"]
            if not isinstance(data__size, (int, NoneType)) and not (isinstance(data__size, float) and data__size.is_integer()) or isinstance(data__size, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".size must be integer or null", value=data__size, name="" + (name_prefix or "data") + ".size", definition={'type': ['integer', 'null'], 'minimum': 0}, rule='type')
            if isinstance(data__size, (int, float, Decimal)) and not isinstance(data__size, bool):
                if data__size < 0:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".size must be bigger than or equal to 0", value=data__size, name="" + (name_prefix or "data") + ".size", definition={'type': ['integer', 'null'], 'minimum': 0}, rule='minimum')
        if "state" in data_keys:
            data_keys.remove("state")
            data__state = data["state"]
            data__state_any_of_count1 = 0
            if not data__state_any_of_count1:
                try:
                    validate____defs_assetstate(data__state, custom_formats, (name_prefix or "data") + ".state")
                    data__state_any_of_count1 += 1
                except (JsonSchemaValueException, JsonSchemaValuesException): pass
            if not data__state_any_of_count1:
                try:
                    if not isinstance(data__state, (str)):
                        raise JsonSchemaValueException("" + (name_prefix or "data") + ".state must be string", value=data__state, name="" + (name_prefix or "data") + ".state", definition={'type': 'string'}, rule='type')
                    data__state_any_of_count1 += 1
                except (JsonSchemaValueException, JsonSchemaValuesException): pass
            if not data__state_any_of_count1:
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".state cannot be validated by any definition", value=data__state, name="" + (name_prefix or "data") + ".state", definition={'anyOf': [{'type': 'string', 'enum': ['uploading', 'processing', 'ready', 'error', 'failed']}, {'type': 'string'}]}, rule='anyOf')
        if "duration" in data_keys:
            data_keys.remove("duration")
            data__duration = data["duration"]
            if not isinstance(data__duration, (int, float, Decimal, NoneType)) or isinstance(data__duration, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".duration must be number or null", value=data__duration, name="" + (name_prefix or "data") + ".duration", definition={'type': ['number', 'null'], 'minimum': 0}, rule='type')
            if isinstance(data__duration, (int, float, Decimal)) and not isinstance(data__duration, bool):
                if data__duration < 0:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".duration must be bigger than or equal to 0", value=data__duration, name="" + (name_prefix or "data") + ".duration", definition={'type': ['number', 'null'], 'minimum': 0}, rule='minimum')
        if "width" in data_keys:
            data_keys.remove("width")
            data__width = data["width"]
            if not isinstance(data__width, (int, NoneType)) and not (isinstance(data__width, float) and data__width.is_integer()) or isinstance(data__width, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".width must be integer or null", value=data__width, name="" + (name_prefix or "data") + ".width", definition={'type': ['integer', 'null'], 'minimum': 0}, rule='type')
            if isinstance(data__width, (int, float, Decimal)) and not isinstance(data__width, bool):
                if data__width < 0:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".width must be bigger than or equal to 0", value=data__width, name="" + (name_prefix or "data") + ".width", definition={'type': ['integer', 'null'], 'minimum': 0}, rule='minimum')
        if "height" in data_keys:
            data_keys.remove("height")
            data__height = data["height"]
            if not isinstance(data__height, (int, NoneType)) and not (isinstance(data__height, float) and data__height.is_integer()) or isinstance(data__height, bool):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".height must be integer or null", value=data__height, name="" + (name_prefix or "data") + ".height", definition={'type': ['integer', 'null'], 'minimum': 0}, rule='type')
            if isinstance(data__height, (int, float, Decimal)) and not isinstance(data__height, bool):
                if data__height < 0:
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".height must be bigger than or equal to 0", value=data__height, name="" + (name_prefix or "data") + ".height", definition={'type': ['integer', 'null'], 'minimum': 0}, rule='minimum')
        if "created_at" in data_keys:
            data_keys.remove("created_at")
            data__createdat = data["created_at"]
            if not isinstance(data__createdat, (str)):
                raise JsonSchemaValueException("" + (name_prefix or "data") + ".created_at must be string", value=data__createdat, name="" + (name_prefix or "data") + ".created_at", definition={'type': 'string', 'format': 'date-time', 'pattern': '^2[0-9]{3}-'}, rule='type')
            if isinstance(data__createdat, str):
                if not REGEX_PATTERNS['^2[0-9]{3}-'].search(data__createdat):
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".created_at must match pattern ^2[0-9]{3}-", value=data__createdat, name="" + (name_prefix or "data") + ".created_at", definition={'type': 'string', 'format': 'date-time', 'pattern': '^2[0-9]{3}-'}, rule='pattern')
                if not custom_formats["date-time"](data__createdat):
                    raise JsonSchemaValueException("" + (name_prefix or "data") + ".created_at must be date-time", value=data__createdat, name="" + (name_prefix or "data") + ".created_at", definition={'type': 'string', 'format': 'date-time', 'pattern': '^2[0-9]{3}-'}, rule='format')
    return data