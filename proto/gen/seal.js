/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError, $TypeError = $util.global.TypeError, $Number = $util.global.Number, $parseInt = $util.global.parseInt, $String = $util.global.String, $BigInt = $util.global.BigInt, $Array = $util.global.Array;

// Exported root namespace
const $root = $protobuf.roots["default"] || ($protobuf.roots["default"] = {});

export const seal = $root.seal = (() => {

    /**
     * Namespace seal.
     * @exports seal
     * @namespace
     */
    const seal = {};

    seal.v1 = (function() {

        /**
         * Namespace v1.
         * @memberof seal
         * @namespace
         */
        const v1 = {};

        /**
         * EventKind enum.
         * @name seal.v1.EventKind
         * @enum {number}
         * @property {number} EVENT_KIND_UNSPECIFIED=0 EVENT_KIND_UNSPECIFIED value
         * @property {number} PASSAGE_IN=1 PASSAGE_IN value
         * @property {number} PASSAGE_OUT=2 PASSAGE_OUT value
         * @property {number} DOOR_OPENED=3 DOOR_OPENED value
         * @property {number} DOOR_CLOSED=4 DOOR_CLOSED value
         * @property {number} TAMPERED=5 TAMPERED value
         * @property {number} TAMPER_RESTORED=6 TAMPER_RESTORED value
         * @property {number} BEAM_BLOCKED=7 BEAM_BLOCKED value
         * @property {number} BEAM_CLEARED=8 BEAM_CLEARED value
         * @property {number} HEARTBEAT=9 HEARTBEAT value
         * @property {number} ROLL_CALL=10 ROLL_CALL value
         * @property {number} TEMPERATURE=11 TEMPERATURE value
         * @property {number} COUNTER=12 COUNTER value
         */
        v1.EventKind = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "EVENT_KIND_UNSPECIFIED"] = 0;
            values[valuesById[1] = "PASSAGE_IN"] = 1;
            values[valuesById[2] = "PASSAGE_OUT"] = 2;
            values[valuesById[3] = "DOOR_OPENED"] = 3;
            values[valuesById[4] = "DOOR_CLOSED"] = 4;
            values[valuesById[5] = "TAMPERED"] = 5;
            values[valuesById[6] = "TAMPER_RESTORED"] = 6;
            values[valuesById[7] = "BEAM_BLOCKED"] = 7;
            values[valuesById[8] = "BEAM_CLEARED"] = 8;
            values[valuesById[9] = "HEARTBEAT"] = 9;
            values[valuesById[10] = "ROLL_CALL"] = 10;
            values[valuesById[11] = "TEMPERATURE"] = 11;
            values[valuesById[12] = "COUNTER"] = 12;
            return values;
        })();

        v1.Event = (function() {

            /**
             * Properties of an Event.
             * @typedef {Object} seal.v1.Event.$Properties
             * @property {number|Long|null} [sealId] Event sealId
             * @property {number|Long|null} [timeMs] Event timeMs
             * @property {number|null} [boot] Event boot
             * @property {number|null} [seq] Event seq
             * @property {seal.v1.EventKind|null} [kind] Event kind
             * @property {number|null} [value] Event value
             * @property {number|null} [totalIn] Event totalIn
             * @property {number|null} [totalOut] Event totalOut
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Event.
             * @memberof seal.v1
             * @interface IEvent
             * @augments seal.v1.Event.$Properties
             * @deprecated Use seal.v1.Event.$Properties instead.
             */

            /**
             * Shape of an Event.
             * @typedef {seal.v1.Event.$Properties} seal.v1.Event.$Shape
             */

            /**
             * Constructs a new Event.
             * @memberof seal.v1
             * @classdesc Represents an Event.
             * @constructor
             * @param {seal.v1.Event.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Event = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Event sealId.
             * @member {number|Long} sealId
             * @memberof seal.v1.Event
             * @instance
             */
            Event.prototype.sealId = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Event timeMs.
             * @member {number|Long} timeMs
             * @memberof seal.v1.Event
             * @instance
             */
            Event.prototype.timeMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Event boot.
             * @member {number} boot
             * @memberof seal.v1.Event
             * @instance
             */
            Event.prototype.boot = 0;

            /**
             * Event seq.
             * @member {number} seq
             * @memberof seal.v1.Event
             * @instance
             */
            Event.prototype.seq = 0;

            /**
             * Event kind.
             * @member {seal.v1.EventKind} kind
             * @memberof seal.v1.Event
             * @instance
             */
            Event.prototype.kind = 0;

            /**
             * Event value.
             * @member {number} value
             * @memberof seal.v1.Event
             * @instance
             */
            Event.prototype.value = 0;

            /**
             * Event totalIn.
             * @member {number} totalIn
             * @memberof seal.v1.Event
             * @instance
             */
            Event.prototype.totalIn = 0;

            /**
             * Event totalOut.
             * @member {number} totalOut
             * @memberof seal.v1.Event
             * @instance
             */
            Event.prototype.totalOut = 0;

            /**
             * Creates a new Event instance using the specified properties.
             * @function create
             * @memberof seal.v1.Event
             * @static
             * @param {seal.v1.Event.$Properties=} [properties] Properties to set
             * @returns {seal.v1.Event} Event instance
             * @type {{
             *   (properties: seal.v1.Event.$Shape): seal.v1.Event & seal.v1.Event.$Shape;
             *   (properties?: seal.v1.Event.$Properties): seal.v1.Event;
             * }}
             */
            Event.create = function(properties) {
                return new Event(properties);
            };

            /**
             * Encodes the specified Event message. Does not implicitly {@link seal.v1.Event.verify|verify} messages.
             * @function encode
             * @memberof seal.v1.Event
             * @static
             * @param {seal.v1.Event.$Properties} message Event message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Event.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.sealId != null && $Object.hasOwnProperty.call(message, "sealId") && (typeof message.sealId === "object" ? message.sealId.low || message.sealId.high : message.sealId !== 0))
                    writer.uint32(/* id 1, wireType 1 =*/9).fixed64(message.sealId);
                if (message.timeMs != null && $Object.hasOwnProperty.call(message, "timeMs") && (typeof message.timeMs === "object" ? message.timeMs.low || message.timeMs.high : message.timeMs !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.timeMs);
                if (message.boot != null && $Object.hasOwnProperty.call(message, "boot") && message.boot !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.boot);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && message.seq !== 0)
                    writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.seq);
                if (message.kind != null && $Object.hasOwnProperty.call(message, "kind") && message.kind !== 0)
                    writer.uint32(/* id 5, wireType 0 =*/40).int32(message.kind);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value") && message.value !== 0)
                    writer.uint32(/* id 6, wireType 0 =*/48).sint32(message.value);
                if (message.totalIn != null && $Object.hasOwnProperty.call(message, "totalIn") && message.totalIn !== 0)
                    writer.uint32(/* id 7, wireType 0 =*/56).uint32(message.totalIn);
                if (message.totalOut != null && $Object.hasOwnProperty.call(message, "totalOut") && message.totalOut !== 0)
                    writer.uint32(/* id 8, wireType 0 =*/64).uint32(message.totalOut);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Event message from the specified reader or buffer.
             * @function decode
             * @memberof seal.v1.Event
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {seal.v1.Event & seal.v1.Event.$Shape} Event
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Event.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.seal.v1.Event();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 1)
                                break;
                            if (typeof (value = reader.fixed64()) === "object" ? value.low || value.high : value !== 0)
                                message.sealId = value;
                            else
                                delete message.sealId;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.timeMs = value;
                            else
                                delete message.timeMs;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.boot = value;
                            else
                                delete message.boot;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.kind = value;
                            else
                                delete message.kind;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.sint32())
                                message.value = value;
                            else
                                delete message.value;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.totalIn = value;
                            else
                                delete message.totalIn;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.totalOut = value;
                            else
                                delete message.totalOut;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            /**
             * Creates an Event message from a plain object. Also converts values to their respective internal types.
             * @function fromObject
             * @memberof seal.v1.Event
             * @static
             * @param {Object.<string,*>} object Plain object
             * @returns {seal.v1.Event} Event
             */
            Event.fromObject = function (object, _depth) {
                if (object instanceof $root.seal.v1.Event)
                    return object;
                if (!$util.isObject(object))
                    throw $TypeError(".seal.v1.Event: object expected");
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let message = new $root.seal.v1.Event();
                if (object.sealId != null)
                    if (typeof object.sealId === "object" ? object.sealId.low || object.sealId.high : $Number(object.sealId) !== 0)
                        if ($util.Long)
                            message.sealId = $util.Long.fromValue(object.sealId, true);
                        else if (typeof object.sealId === "string")
                            message.sealId = $parseInt(object.sealId, 10);
                        else if (typeof object.sealId === "number")
                            message.sealId = object.sealId;
                        else if (typeof object.sealId === "object")
                            message.sealId = new $util.LongBits(object.sealId.low >>> 0, object.sealId.high >>> 0).toNumber(true);
                if (object.timeMs != null)
                    if (typeof object.timeMs === "object" ? object.timeMs.low || object.timeMs.high : $Number(object.timeMs) !== 0)
                        if ($util.Long)
                            message.timeMs = $util.Long.fromValue(object.timeMs, true);
                        else if (typeof object.timeMs === "string")
                            message.timeMs = $parseInt(object.timeMs, 10);
                        else if (typeof object.timeMs === "number")
                            message.timeMs = object.timeMs;
                        else if (typeof object.timeMs === "object")
                            message.timeMs = new $util.LongBits(object.timeMs.low >>> 0, object.timeMs.high >>> 0).toNumber(true);
                if (object.boot != null)
                    if ($Number(object.boot) !== 0)
                        message.boot = object.boot >>> 0;
                if (object.seq != null)
                    if ($Number(object.seq) !== 0)
                        message.seq = object.seq >>> 0;
                if (object.kind !== 0 && (typeof object.kind !== "string" || $root.seal.v1.EventKind[object.kind] !== 0))
                    switch (object.kind) {
                    case "EVENT_KIND_UNSPECIFIED":
                    case 0:
                        message.kind = 0;
                        break;
                    case "PASSAGE_IN":
                    case 1:
                        message.kind = 1;
                        break;
                    case "PASSAGE_OUT":
                    case 2:
                        message.kind = 2;
                        break;
                    case "DOOR_OPENED":
                    case 3:
                        message.kind = 3;
                        break;
                    case "DOOR_CLOSED":
                    case 4:
                        message.kind = 4;
                        break;
                    case "TAMPERED":
                    case 5:
                        message.kind = 5;
                        break;
                    case "TAMPER_RESTORED":
                    case 6:
                        message.kind = 6;
                        break;
                    case "BEAM_BLOCKED":
                    case 7:
                        message.kind = 7;
                        break;
                    case "BEAM_CLEARED":
                    case 8:
                        message.kind = 8;
                        break;
                    case "HEARTBEAT":
                    case 9:
                        message.kind = 9;
                        break;
                    case "ROLL_CALL":
                    case 10:
                        message.kind = 10;
                        break;
                    case "TEMPERATURE":
                    case 11:
                        message.kind = 11;
                        break;
                    case "COUNTER":
                    case 12:
                        message.kind = 12;
                        break;
                    default:
                        if (typeof object.kind === "number" && (object.kind | 0) === object.kind)
                            message.kind = object.kind;
                    }
                if (object.value != null)
                    if ($Number(object.value) !== 0)
                        message.value = object.value | 0;
                if (object.totalIn != null)
                    if ($Number(object.totalIn) !== 0)
                        message.totalIn = object.totalIn >>> 0;
                if (object.totalOut != null)
                    if ($Number(object.totalOut) !== 0)
                        message.totalOut = object.totalOut >>> 0;
                return message;
            };

            /**
             * Creates a plain object from an Event message. Also converts values to other types if specified.
             * @function toObject
             * @memberof seal.v1.Event
             * @static
             * @param {seal.v1.Event} message Event
             * @param {$protobuf.IConversionOptions} [options] Conversion options
             * @returns {Object.<string,*>} Plain object
             */
            Event.toObject = function (message, options, _depth) {
                if (!options)
                    options = {};
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let object = {};
                if (options.defaults) {
                    if ($util.Long) {
                        let long = new $util.Long(0, 0, true);
                        object.sealId = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                    } else
                        object.sealId = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                    if ($util.Long) {
                        let long = new $util.Long(0, 0, true);
                        object.timeMs = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                    } else
                        object.timeMs = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                    object.boot = 0;
                    object.seq = 0;
                    object.kind = options.enums === $String ? "EVENT_KIND_UNSPECIFIED" : 0;
                    object.value = 0;
                    object.totalIn = 0;
                    object.totalOut = 0;
                }
                if (message.sealId != null && $Object.hasOwnProperty.call(message, "sealId"))
                    if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                        object.sealId = typeof message.sealId === "number" ? $BigInt(message.sealId) : $util.Long.fromBits(message.sealId.low >>> 0, message.sealId.high >>> 0, true).toBigInt();
                    else if (typeof message.sealId === "number")
                        object.sealId = options.longs === $String ? $String(message.sealId) : message.sealId;
                    else
                        object.sealId = options.longs === $String ? $util.Long.prototype.toString.call(message.sealId) : options.longs === $Number ? new $util.LongBits(message.sealId.low >>> 0, message.sealId.high >>> 0).toNumber(true) : message.sealId;
                if (message.timeMs != null && $Object.hasOwnProperty.call(message, "timeMs"))
                    if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                        object.timeMs = typeof message.timeMs === "number" ? $BigInt(message.timeMs) : $util.Long.fromBits(message.timeMs.low >>> 0, message.timeMs.high >>> 0, true).toBigInt();
                    else if (typeof message.timeMs === "number")
                        object.timeMs = options.longs === $String ? $String(message.timeMs) : message.timeMs;
                    else
                        object.timeMs = options.longs === $String ? $util.Long.prototype.toString.call(message.timeMs) : options.longs === $Number ? new $util.LongBits(message.timeMs.low >>> 0, message.timeMs.high >>> 0).toNumber(true) : message.timeMs;
                if (message.boot != null && $Object.hasOwnProperty.call(message, "boot"))
                    object.boot = message.boot;
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq"))
                    object.seq = message.seq;
                if (message.kind != null && $Object.hasOwnProperty.call(message, "kind"))
                    object.kind = options.enums === $String ? $root.seal.v1.EventKind[message.kind] === $undefined ? message.kind : $root.seal.v1.EventKind[message.kind] : message.kind;
                if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                    object.value = message.value;
                if (message.totalIn != null && $Object.hasOwnProperty.call(message, "totalIn"))
                    object.totalIn = message.totalIn;
                if (message.totalOut != null && $Object.hasOwnProperty.call(message, "totalOut"))
                    object.totalOut = message.totalOut;
                return object;
            };

            /**
             * Converts this Event to JSON.
             * @function toJSON
             * @memberof seal.v1.Event
             * @instance
             * @returns {Object.<string,*>} JSON object
             */
            Event.prototype.toJSON = function() {
                return Event.toObject(this, $protobuf.util.toJSONOptions);
            };

            return Event;
        })();

        v1.EventColumns = (function() {

            /**
             * Properties of an EventColumns.
             * @typedef {Object} seal.v1.EventColumns.$Properties
             * @property {Array.<number|Long>|null} [sealId] EventColumns sealId
             * @property {Array.<number|Long>|null} [timeMsDelta] EventColumns timeMsDelta
             * @property {Array.<number>|null} [boot] EventColumns boot
             * @property {Array.<number|Long>|null} [seqDelta] EventColumns seqDelta
             * @property {Array.<seal.v1.EventKind>|null} [kind] EventColumns kind
             * @property {Array.<number>|null} [value] EventColumns value
             * @property {Array.<number>|null} [totalIn] EventColumns totalIn
             * @property {Array.<number>|null} [totalOut] EventColumns totalOut
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an EventColumns.
             * @memberof seal.v1
             * @interface IEventColumns
             * @augments seal.v1.EventColumns.$Properties
             * @deprecated Use seal.v1.EventColumns.$Properties instead.
             */

            /**
             * Shape of an EventColumns.
             * @typedef {seal.v1.EventColumns.$Properties} seal.v1.EventColumns.$Shape
             */

            /**
             * Constructs a new EventColumns.
             * @memberof seal.v1
             * @classdesc Represents an EventColumns.
             * @constructor
             * @param {seal.v1.EventColumns.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const EventColumns = function (properties) {
                this.sealId = [];
                this.timeMsDelta = [];
                this.boot = [];
                this.seqDelta = [];
                this.kind = [];
                this.value = [];
                this.totalIn = [];
                this.totalOut = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * EventColumns sealId.
             * @member {Array.<number|Long>} sealId
             * @memberof seal.v1.EventColumns
             * @instance
             */
            EventColumns.prototype.sealId = $util.emptyArray;

            /**
             * EventColumns timeMsDelta.
             * @member {Array.<number|Long>} timeMsDelta
             * @memberof seal.v1.EventColumns
             * @instance
             */
            EventColumns.prototype.timeMsDelta = $util.emptyArray;

            /**
             * EventColumns boot.
             * @member {Array.<number>} boot
             * @memberof seal.v1.EventColumns
             * @instance
             */
            EventColumns.prototype.boot = $util.emptyArray;

            /**
             * EventColumns seqDelta.
             * @member {Array.<number|Long>} seqDelta
             * @memberof seal.v1.EventColumns
             * @instance
             */
            EventColumns.prototype.seqDelta = $util.emptyArray;

            /**
             * EventColumns kind.
             * @member {Array.<seal.v1.EventKind>} kind
             * @memberof seal.v1.EventColumns
             * @instance
             */
            EventColumns.prototype.kind = $util.emptyArray;

            /**
             * EventColumns value.
             * @member {Array.<number>} value
             * @memberof seal.v1.EventColumns
             * @instance
             */
            EventColumns.prototype.value = $util.emptyArray;

            /**
             * EventColumns totalIn.
             * @member {Array.<number>} totalIn
             * @memberof seal.v1.EventColumns
             * @instance
             */
            EventColumns.prototype.totalIn = $util.emptyArray;

            /**
             * EventColumns totalOut.
             * @member {Array.<number>} totalOut
             * @memberof seal.v1.EventColumns
             * @instance
             */
            EventColumns.prototype.totalOut = $util.emptyArray;

            /**
             * Creates a new EventColumns instance using the specified properties.
             * @function create
             * @memberof seal.v1.EventColumns
             * @static
             * @param {seal.v1.EventColumns.$Properties=} [properties] Properties to set
             * @returns {seal.v1.EventColumns} EventColumns instance
             * @type {{
             *   (properties: seal.v1.EventColumns.$Shape): seal.v1.EventColumns & seal.v1.EventColumns.$Shape;
             *   (properties?: seal.v1.EventColumns.$Properties): seal.v1.EventColumns;
             * }}
             */
            EventColumns.create = function(properties) {
                return new EventColumns(properties);
            };

            /**
             * Encodes the specified EventColumns message. Does not implicitly {@link seal.v1.EventColumns.verify|verify} messages.
             * @function encode
             * @memberof seal.v1.EventColumns
             * @static
             * @param {seal.v1.EventColumns.$Properties} message EventColumns message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            EventColumns.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.sealId != null && message.sealId.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).fixed64s(message.sealId);
                if (message.timeMsDelta != null && message.timeMsDelta.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).sint64s(message.timeMsDelta);
                if (message.boot != null && message.boot.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).uint32s(message.boot);
                if (message.seqDelta != null && message.seqDelta.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).sint64s(message.seqDelta);
                if (message.kind != null && message.kind.length)
                    writer.uint32(/* id 5, wireType 2 =*/42).int32s(message.kind);
                if (message.value != null && message.value.length)
                    writer.uint32(/* id 6, wireType 2 =*/50).sint32s(message.value);
                if (message.totalIn != null && message.totalIn.length)
                    writer.uint32(/* id 7, wireType 2 =*/58).uint32s(message.totalIn);
                if (message.totalOut != null && message.totalOut.length)
                    writer.uint32(/* id 8, wireType 2 =*/66).uint32s(message.totalOut);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an EventColumns message from the specified reader or buffer.
             * @function decode
             * @memberof seal.v1.EventColumns
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {seal.v1.EventColumns & seal.v1.EventColumns.$Shape} EventColumns
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            EventColumns.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.seal.v1.EventColumns();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType === 2) {
                                if (!(message.sealId && message.sealId.length))
                                    message.sealId = [];
                                reader.fixed64s(message.sealId);
                                continue;
                            }
                            if (wireType !== 1)
                                break;
                            if (!(message.sealId && message.sealId.length))
                                message.sealId = [];
                            message.sealId.push(reader.fixed64());
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.timeMsDelta && message.timeMsDelta.length))
                                    message.timeMsDelta = [];
                                reader.sint64s(message.timeMsDelta);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.timeMsDelta && message.timeMsDelta.length))
                                message.timeMsDelta = [];
                            message.timeMsDelta.push(reader.sint64());
                            continue;
                        }
                    case 3: {
                            if (wireType === 2) {
                                if (!(message.boot && message.boot.length))
                                    message.boot = [];
                                reader.uint32s(message.boot);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.boot && message.boot.length))
                                message.boot = [];
                            message.boot.push(reader.uint32());
                            continue;
                        }
                    case 4: {
                            if (wireType === 2) {
                                if (!(message.seqDelta && message.seqDelta.length))
                                    message.seqDelta = [];
                                reader.sint64s(message.seqDelta);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.seqDelta && message.seqDelta.length))
                                message.seqDelta = [];
                            message.seqDelta.push(reader.sint64());
                            continue;
                        }
                    case 5: {
                            if (wireType === 2) {
                                if (!(message.kind && message.kind.length))
                                    message.kind = [];
                                reader.int32s(message.kind);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.kind && message.kind.length))
                                message.kind = [];
                            message.kind.push(reader.int32());
                            continue;
                        }
                    case 6: {
                            if (wireType === 2) {
                                if (!(message.value && message.value.length))
                                    message.value = [];
                                reader.sint32s(message.value);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.value && message.value.length))
                                message.value = [];
                            message.value.push(reader.sint32());
                            continue;
                        }
                    case 7: {
                            if (wireType === 2) {
                                if (!(message.totalIn && message.totalIn.length))
                                    message.totalIn = [];
                                reader.uint32s(message.totalIn);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.totalIn && message.totalIn.length))
                                message.totalIn = [];
                            message.totalIn.push(reader.uint32());
                            continue;
                        }
                    case 8: {
                            if (wireType === 2) {
                                if (!(message.totalOut && message.totalOut.length))
                                    message.totalOut = [];
                                reader.uint32s(message.totalOut);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.totalOut && message.totalOut.length))
                                message.totalOut = [];
                            message.totalOut.push(reader.uint32());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            /**
             * Creates an EventColumns message from a plain object. Also converts values to their respective internal types.
             * @function fromObject
             * @memberof seal.v1.EventColumns
             * @static
             * @param {Object.<string,*>} object Plain object
             * @returns {seal.v1.EventColumns} EventColumns
             */
            EventColumns.fromObject = function (object, _depth) {
                if (object instanceof $root.seal.v1.EventColumns)
                    return object;
                if (!$util.isObject(object))
                    throw $TypeError(".seal.v1.EventColumns: object expected");
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let message = new $root.seal.v1.EventColumns();
                if (object.sealId) {
                    if (!$Array.isArray(object.sealId))
                        throw $TypeError(".seal.v1.EventColumns.sealId: array expected");
                    message.sealId = $Array(object.sealId.length);
                    for (let i = 0; i < object.sealId.length; ++i)
                        if ($util.Long)
                            message.sealId[i] = $util.Long.fromValue(object.sealId[i], true);
                        else if (typeof object.sealId[i] === "string")
                            message.sealId[i] = $parseInt(object.sealId[i], 10);
                        else if (typeof object.sealId[i] === "number")
                            message.sealId[i] = object.sealId[i];
                        else if (typeof object.sealId[i] === "object")
                            message.sealId[i] = new $util.LongBits(object.sealId[i].low >>> 0, object.sealId[i].high >>> 0).toNumber(true);
                }
                if (object.timeMsDelta) {
                    if (!$Array.isArray(object.timeMsDelta))
                        throw $TypeError(".seal.v1.EventColumns.timeMsDelta: array expected");
                    message.timeMsDelta = $Array(object.timeMsDelta.length);
                    for (let i = 0; i < object.timeMsDelta.length; ++i)
                        if ($util.Long)
                            message.timeMsDelta[i] = $util.Long.fromValue(object.timeMsDelta[i], false);
                        else if (typeof object.timeMsDelta[i] === "string")
                            message.timeMsDelta[i] = $parseInt(object.timeMsDelta[i], 10);
                        else if (typeof object.timeMsDelta[i] === "number")
                            message.timeMsDelta[i] = object.timeMsDelta[i];
                        else if (typeof object.timeMsDelta[i] === "object")
                            message.timeMsDelta[i] = new $util.LongBits(object.timeMsDelta[i].low >>> 0, object.timeMsDelta[i].high >>> 0).toNumber();
                }
                if (object.boot) {
                    if (!$Array.isArray(object.boot))
                        throw $TypeError(".seal.v1.EventColumns.boot: array expected");
                    message.boot = $Array(object.boot.length);
                    for (let i = 0; i < object.boot.length; ++i)
                        message.boot[i] = object.boot[i] >>> 0;
                }
                if (object.seqDelta) {
                    if (!$Array.isArray(object.seqDelta))
                        throw $TypeError(".seal.v1.EventColumns.seqDelta: array expected");
                    message.seqDelta = $Array(object.seqDelta.length);
                    for (let i = 0; i < object.seqDelta.length; ++i)
                        if ($util.Long)
                            message.seqDelta[i] = $util.Long.fromValue(object.seqDelta[i], false);
                        else if (typeof object.seqDelta[i] === "string")
                            message.seqDelta[i] = $parseInt(object.seqDelta[i], 10);
                        else if (typeof object.seqDelta[i] === "number")
                            message.seqDelta[i] = object.seqDelta[i];
                        else if (typeof object.seqDelta[i] === "object")
                            message.seqDelta[i] = new $util.LongBits(object.seqDelta[i].low >>> 0, object.seqDelta[i].high >>> 0).toNumber();
                }
                if (object.kind) {
                    if (!$Array.isArray(object.kind))
                        throw $TypeError(".seal.v1.EventColumns.kind: array expected");
                    message.kind = [];
                    for (let i = 0; i < object.kind.length; ++i)
                        switch (object.kind[i]) {
                        case "EVENT_KIND_UNSPECIFIED":
                        case 0:
                            message.kind[message.kind.length] = 0;
                            break;
                        case "PASSAGE_IN":
                        case 1:
                            message.kind[message.kind.length] = 1;
                            break;
                        case "PASSAGE_OUT":
                        case 2:
                            message.kind[message.kind.length] = 2;
                            break;
                        case "DOOR_OPENED":
                        case 3:
                            message.kind[message.kind.length] = 3;
                            break;
                        case "DOOR_CLOSED":
                        case 4:
                            message.kind[message.kind.length] = 4;
                            break;
                        case "TAMPERED":
                        case 5:
                            message.kind[message.kind.length] = 5;
                            break;
                        case "TAMPER_RESTORED":
                        case 6:
                            message.kind[message.kind.length] = 6;
                            break;
                        case "BEAM_BLOCKED":
                        case 7:
                            message.kind[message.kind.length] = 7;
                            break;
                        case "BEAM_CLEARED":
                        case 8:
                            message.kind[message.kind.length] = 8;
                            break;
                        case "HEARTBEAT":
                        case 9:
                            message.kind[message.kind.length] = 9;
                            break;
                        case "ROLL_CALL":
                        case 10:
                            message.kind[message.kind.length] = 10;
                            break;
                        case "TEMPERATURE":
                        case 11:
                            message.kind[message.kind.length] = 11;
                            break;
                        case "COUNTER":
                        case 12:
                            message.kind[message.kind.length] = 12;
                            break;
                        default:
                            if (typeof object.kind[i] === "number" && (object.kind[i] | 0) === object.kind[i])
                                message.kind[message.kind.length] = object.kind[i];
                        }
                }
                if (object.value) {
                    if (!$Array.isArray(object.value))
                        throw $TypeError(".seal.v1.EventColumns.value: array expected");
                    message.value = $Array(object.value.length);
                    for (let i = 0; i < object.value.length; ++i)
                        message.value[i] = object.value[i] | 0;
                }
                if (object.totalIn) {
                    if (!$Array.isArray(object.totalIn))
                        throw $TypeError(".seal.v1.EventColumns.totalIn: array expected");
                    message.totalIn = $Array(object.totalIn.length);
                    for (let i = 0; i < object.totalIn.length; ++i)
                        message.totalIn[i] = object.totalIn[i] >>> 0;
                }
                if (object.totalOut) {
                    if (!$Array.isArray(object.totalOut))
                        throw $TypeError(".seal.v1.EventColumns.totalOut: array expected");
                    message.totalOut = $Array(object.totalOut.length);
                    for (let i = 0; i < object.totalOut.length; ++i)
                        message.totalOut[i] = object.totalOut[i] >>> 0;
                }
                return message;
            };

            /**
             * Creates a plain object from an EventColumns message. Also converts values to other types if specified.
             * @function toObject
             * @memberof seal.v1.EventColumns
             * @static
             * @param {seal.v1.EventColumns} message EventColumns
             * @param {$protobuf.IConversionOptions} [options] Conversion options
             * @returns {Object.<string,*>} Plain object
             */
            EventColumns.toObject = function (message, options, _depth) {
                if (!options)
                    options = {};
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let object = {};
                if (options.arrays || options.defaults) {
                    object.sealId = [];
                    object.timeMsDelta = [];
                    object.boot = [];
                    object.seqDelta = [];
                    object.kind = [];
                    object.value = [];
                    object.totalIn = [];
                    object.totalOut = [];
                }
                if (message.sealId && message.sealId.length) {
                    object.sealId = $Array(message.sealId.length);
                    for (let j = 0; j < message.sealId.length; ++j)
                        if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                            object.sealId[j] = typeof message.sealId[j] === "number" ? $BigInt(message.sealId[j]) : $util.Long.fromBits(message.sealId[j].low >>> 0, message.sealId[j].high >>> 0, true).toBigInt();
                        else if (typeof message.sealId[j] === "number")
                            object.sealId[j] = options.longs === $String ? $String(message.sealId[j]) : message.sealId[j];
                        else
                            object.sealId[j] = options.longs === $String ? $util.Long.prototype.toString.call(message.sealId[j]) : options.longs === $Number ? new $util.LongBits(message.sealId[j].low >>> 0, message.sealId[j].high >>> 0).toNumber(true) : message.sealId[j];
                }
                if (message.timeMsDelta && message.timeMsDelta.length) {
                    object.timeMsDelta = $Array(message.timeMsDelta.length);
                    for (let j = 0; j < message.timeMsDelta.length; ++j)
                        if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                            object.timeMsDelta[j] = typeof message.timeMsDelta[j] === "number" ? $BigInt(message.timeMsDelta[j]) : $util.Long.fromBits(message.timeMsDelta[j].low >>> 0, message.timeMsDelta[j].high >>> 0, false).toBigInt();
                        else if (typeof message.timeMsDelta[j] === "number")
                            object.timeMsDelta[j] = options.longs === $String ? $String(message.timeMsDelta[j]) : message.timeMsDelta[j];
                        else
                            object.timeMsDelta[j] = options.longs === $String ? $util.Long.prototype.toString.call(message.timeMsDelta[j]) : options.longs === $Number ? new $util.LongBits(message.timeMsDelta[j].low >>> 0, message.timeMsDelta[j].high >>> 0).toNumber() : message.timeMsDelta[j];
                }
                if (message.boot && message.boot.length) {
                    object.boot = $Array(message.boot.length);
                    for (let j = 0; j < message.boot.length; ++j)
                        object.boot[j] = message.boot[j];
                }
                if (message.seqDelta && message.seqDelta.length) {
                    object.seqDelta = $Array(message.seqDelta.length);
                    for (let j = 0; j < message.seqDelta.length; ++j)
                        if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                            object.seqDelta[j] = typeof message.seqDelta[j] === "number" ? $BigInt(message.seqDelta[j]) : $util.Long.fromBits(message.seqDelta[j].low >>> 0, message.seqDelta[j].high >>> 0, false).toBigInt();
                        else if (typeof message.seqDelta[j] === "number")
                            object.seqDelta[j] = options.longs === $String ? $String(message.seqDelta[j]) : message.seqDelta[j];
                        else
                            object.seqDelta[j] = options.longs === $String ? $util.Long.prototype.toString.call(message.seqDelta[j]) : options.longs === $Number ? new $util.LongBits(message.seqDelta[j].low >>> 0, message.seqDelta[j].high >>> 0).toNumber() : message.seqDelta[j];
                }
                if (message.kind && message.kind.length) {
                    object.kind = $Array(message.kind.length);
                    for (let j = 0; j < message.kind.length; ++j)
                        object.kind[j] = options.enums === $String ? $root.seal.v1.EventKind[message.kind[j]] === $undefined ? message.kind[j] : $root.seal.v1.EventKind[message.kind[j]] : message.kind[j];
                }
                if (message.value && message.value.length) {
                    object.value = $Array(message.value.length);
                    for (let j = 0; j < message.value.length; ++j)
                        object.value[j] = message.value[j];
                }
                if (message.totalIn && message.totalIn.length) {
                    object.totalIn = $Array(message.totalIn.length);
                    for (let j = 0; j < message.totalIn.length; ++j)
                        object.totalIn[j] = message.totalIn[j];
                }
                if (message.totalOut && message.totalOut.length) {
                    object.totalOut = $Array(message.totalOut.length);
                    for (let j = 0; j < message.totalOut.length; ++j)
                        object.totalOut[j] = message.totalOut[j];
                }
                return object;
            };

            /**
             * Converts this EventColumns to JSON.
             * @function toJSON
             * @memberof seal.v1.EventColumns
             * @instance
             * @returns {Object.<string,*>} JSON object
             */
            EventColumns.prototype.toJSON = function() {
                return EventColumns.toObject(this, $protobuf.util.toJSONOptions);
            };

            return EventColumns;
        })();

        v1.EventBatch = (function() {

            /**
             * Properties of an EventBatch.
             * @typedef {Object} seal.v1.EventBatch.$Properties
             * @property {Array.<seal.v1.Event.$Properties>|null} [events] EventBatch events
             * @property {seal.v1.EventColumns.$Properties|null} [columns] EventBatch columns
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an EventBatch.
             * @memberof seal.v1
             * @interface IEventBatch
             * @augments seal.v1.EventBatch.$Properties
             * @deprecated Use seal.v1.EventBatch.$Properties instead.
             */

            /**
             * Shape of an EventBatch.
             * @typedef {seal.v1.EventBatch.$Properties} seal.v1.EventBatch.$Shape
             */

            /**
             * Constructs a new EventBatch.
             * @memberof seal.v1
             * @classdesc Represents an EventBatch.
             * @constructor
             * @param {seal.v1.EventBatch.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const EventBatch = function (properties) {
                this.events = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * EventBatch events.
             * @member {Array.<seal.v1.Event.$Properties>} events
             * @memberof seal.v1.EventBatch
             * @instance
             */
            EventBatch.prototype.events = $util.emptyArray;

            /**
             * EventBatch columns.
             * @member {seal.v1.EventColumns.$Properties|null|undefined} columns
             * @memberof seal.v1.EventBatch
             * @instance
             */
            EventBatch.prototype.columns = null;

            /**
             * Creates a new EventBatch instance using the specified properties.
             * @function create
             * @memberof seal.v1.EventBatch
             * @static
             * @param {seal.v1.EventBatch.$Properties=} [properties] Properties to set
             * @returns {seal.v1.EventBatch} EventBatch instance
             * @type {{
             *   (properties: seal.v1.EventBatch.$Shape): seal.v1.EventBatch & seal.v1.EventBatch.$Shape;
             *   (properties?: seal.v1.EventBatch.$Properties): seal.v1.EventBatch;
             * }}
             */
            EventBatch.create = function(properties) {
                return new EventBatch(properties);
            };

            /**
             * Encodes the specified EventBatch message. Does not implicitly {@link seal.v1.EventBatch.verify|verify} messages.
             * @function encode
             * @memberof seal.v1.EventBatch
             * @static
             * @param {seal.v1.EventBatch.$Properties} message EventBatch message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            EventBatch.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.events != null && message.events.length)
                    for (let i = 0; i < message.events.length; ++i)
                        $root.seal.v1.Event.encode(message.events[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.columns != null && $Object.hasOwnProperty.call(message, "columns"))
                    $root.seal.v1.EventColumns.encode(message.columns, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an EventBatch message from the specified reader or buffer.
             * @function decode
             * @memberof seal.v1.EventBatch
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {seal.v1.EventBatch & seal.v1.EventBatch.$Shape} EventBatch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            EventBatch.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.seal.v1.EventBatch();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.events && message.events.length))
                                message.events = [];
                            message.events.push($root.seal.v1.Event.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.columns = $root.seal.v1.EventColumns.decode(reader, reader.size(), $undefined, _depth + 1, message.columns);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            /**
             * Creates an EventBatch message from a plain object. Also converts values to their respective internal types.
             * @function fromObject
             * @memberof seal.v1.EventBatch
             * @static
             * @param {Object.<string,*>} object Plain object
             * @returns {seal.v1.EventBatch} EventBatch
             */
            EventBatch.fromObject = function (object, _depth) {
                if (object instanceof $root.seal.v1.EventBatch)
                    return object;
                if (!$util.isObject(object))
                    throw $TypeError(".seal.v1.EventBatch: object expected");
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let message = new $root.seal.v1.EventBatch();
                if (object.events) {
                    if (!$Array.isArray(object.events))
                        throw $TypeError(".seal.v1.EventBatch.events: array expected");
                    message.events = $Array(object.events.length);
                    for (let i = 0; i < object.events.length; ++i) {
                        if (!$util.isObject(object.events[i]))
                            throw $TypeError(".seal.v1.EventBatch.events: object expected");
                        message.events[i] = $root.seal.v1.Event.fromObject(object.events[i], _depth + 1);
                    }
                }
                if (object.columns != null) {
                    if (!$util.isObject(object.columns))
                        throw $TypeError(".seal.v1.EventBatch.columns: object expected");
                    message.columns = $root.seal.v1.EventColumns.fromObject(object.columns, _depth + 1);
                }
                return message;
            };

            /**
             * Creates a plain object from an EventBatch message. Also converts values to other types if specified.
             * @function toObject
             * @memberof seal.v1.EventBatch
             * @static
             * @param {seal.v1.EventBatch} message EventBatch
             * @param {$protobuf.IConversionOptions} [options] Conversion options
             * @returns {Object.<string,*>} Plain object
             */
            EventBatch.toObject = function (message, options, _depth) {
                if (!options)
                    options = {};
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let object = {};
                if (options.arrays || options.defaults)
                    object.events = [];
                if (options.defaults)
                    object.columns = null;
                if (message.events && message.events.length) {
                    object.events = $Array(message.events.length);
                    for (let j = 0; j < message.events.length; ++j)
                        object.events[j] = $root.seal.v1.Event.toObject(message.events[j], options, _depth + 1);
                }
                if (message.columns != null && $Object.hasOwnProperty.call(message, "columns"))
                    object.columns = $root.seal.v1.EventColumns.toObject(message.columns, options, _depth + 1);
                return object;
            };

            /**
             * Converts this EventBatch to JSON.
             * @function toJSON
             * @memberof seal.v1.EventBatch
             * @instance
             * @returns {Object.<string,*>} JSON object
             */
            EventBatch.prototype.toJSON = function() {
                return EventBatch.toObject(this, $protobuf.util.toJSONOptions);
            };

            return EventBatch;
        })();

        /**
         * RejectReason enum.
         * @name seal.v1.RejectReason
         * @enum {number}
         * @property {number} REJECT_REASON_UNSPECIFIED=0 REJECT_REASON_UNSPECIFIED value
         * @property {number} UNKNOWN_SEAL=1 UNKNOWN_SEAL value
         * @property {number} FORBIDDEN_SEAL=2 FORBIDDEN_SEAL value
         * @property {number} BAD_KIND=3 BAD_KIND value
         * @property {number} BAD_VALUE=4 BAD_VALUE value
         * @property {number} NOT_OBSERVED=5 NOT_OBSERVED value
         * @property {number} NOT_ASSIGNED=6 NOT_ASSIGNED value
         * @property {number} SEQUENCE_TOO_OLD=7 SEQUENCE_TOO_OLD value
         */
        v1.RejectReason = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "REJECT_REASON_UNSPECIFIED"] = 0;
            values[valuesById[1] = "UNKNOWN_SEAL"] = 1;
            values[valuesById[2] = "FORBIDDEN_SEAL"] = 2;
            values[valuesById[3] = "BAD_KIND"] = 3;
            values[valuesById[4] = "BAD_VALUE"] = 4;
            values[valuesById[5] = "NOT_OBSERVED"] = 5;
            values[valuesById[6] = "NOT_ASSIGNED"] = 6;
            values[valuesById[7] = "SEQUENCE_TOO_OLD"] = 7;
            return values;
        })();

        v1.Rejection = (function() {

            /**
             * Properties of a Rejection.
             * @typedef {Object} seal.v1.Rejection.$Properties
             * @property {number|null} [index] Rejection index
             * @property {seal.v1.RejectReason|null} [reason] Rejection reason
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Rejection.
             * @memberof seal.v1
             * @interface IRejection
             * @augments seal.v1.Rejection.$Properties
             * @deprecated Use seal.v1.Rejection.$Properties instead.
             */

            /**
             * Shape of a Rejection.
             * @typedef {seal.v1.Rejection.$Properties} seal.v1.Rejection.$Shape
             */

            /**
             * Constructs a new Rejection.
             * @memberof seal.v1
             * @classdesc Represents a Rejection.
             * @constructor
             * @param {seal.v1.Rejection.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Rejection = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Rejection index.
             * @member {number} index
             * @memberof seal.v1.Rejection
             * @instance
             */
            Rejection.prototype.index = 0;

            /**
             * Rejection reason.
             * @member {seal.v1.RejectReason} reason
             * @memberof seal.v1.Rejection
             * @instance
             */
            Rejection.prototype.reason = 0;

            /**
             * Creates a new Rejection instance using the specified properties.
             * @function create
             * @memberof seal.v1.Rejection
             * @static
             * @param {seal.v1.Rejection.$Properties=} [properties] Properties to set
             * @returns {seal.v1.Rejection} Rejection instance
             * @type {{
             *   (properties: seal.v1.Rejection.$Shape): seal.v1.Rejection & seal.v1.Rejection.$Shape;
             *   (properties?: seal.v1.Rejection.$Properties): seal.v1.Rejection;
             * }}
             */
            Rejection.create = function(properties) {
                return new Rejection(properties);
            };

            /**
             * Encodes the specified Rejection message. Does not implicitly {@link seal.v1.Rejection.verify|verify} messages.
             * @function encode
             * @memberof seal.v1.Rejection
             * @static
             * @param {seal.v1.Rejection.$Properties} message Rejection message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Rejection.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.index != null && $Object.hasOwnProperty.call(message, "index") && message.index !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.index);
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).int32(message.reason);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Rejection message from the specified reader or buffer.
             * @function decode
             * @memberof seal.v1.Rejection
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {seal.v1.Rejection & seal.v1.Rejection.$Shape} Rejection
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Rejection.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.seal.v1.Rejection();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.index = value;
                            else
                                delete message.index;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.reason = value;
                            else
                                delete message.reason;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            /**
             * Creates a Rejection message from a plain object. Also converts values to their respective internal types.
             * @function fromObject
             * @memberof seal.v1.Rejection
             * @static
             * @param {Object.<string,*>} object Plain object
             * @returns {seal.v1.Rejection} Rejection
             */
            Rejection.fromObject = function (object, _depth) {
                if (object instanceof $root.seal.v1.Rejection)
                    return object;
                if (!$util.isObject(object))
                    throw $TypeError(".seal.v1.Rejection: object expected");
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let message = new $root.seal.v1.Rejection();
                if (object.index != null)
                    if ($Number(object.index) !== 0)
                        message.index = object.index >>> 0;
                if (object.reason !== 0 && (typeof object.reason !== "string" || $root.seal.v1.RejectReason[object.reason] !== 0))
                    switch (object.reason) {
                    case "REJECT_REASON_UNSPECIFIED":
                    case 0:
                        message.reason = 0;
                        break;
                    case "UNKNOWN_SEAL":
                    case 1:
                        message.reason = 1;
                        break;
                    case "FORBIDDEN_SEAL":
                    case 2:
                        message.reason = 2;
                        break;
                    case "BAD_KIND":
                    case 3:
                        message.reason = 3;
                        break;
                    case "BAD_VALUE":
                    case 4:
                        message.reason = 4;
                        break;
                    case "NOT_OBSERVED":
                    case 5:
                        message.reason = 5;
                        break;
                    case "NOT_ASSIGNED":
                    case 6:
                        message.reason = 6;
                        break;
                    case "SEQUENCE_TOO_OLD":
                    case 7:
                        message.reason = 7;
                        break;
                    default:
                        if (typeof object.reason === "number" && (object.reason | 0) === object.reason)
                            message.reason = object.reason;
                    }
                return message;
            };

            /**
             * Creates a plain object from a Rejection message. Also converts values to other types if specified.
             * @function toObject
             * @memberof seal.v1.Rejection
             * @static
             * @param {seal.v1.Rejection} message Rejection
             * @param {$protobuf.IConversionOptions} [options] Conversion options
             * @returns {Object.<string,*>} Plain object
             */
            Rejection.toObject = function (message, options, _depth) {
                if (!options)
                    options = {};
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let object = {};
                if (options.defaults) {
                    object.index = 0;
                    object.reason = options.enums === $String ? "REJECT_REASON_UNSPECIFIED" : 0;
                }
                if (message.index != null && $Object.hasOwnProperty.call(message, "index"))
                    object.index = message.index;
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                    object.reason = options.enums === $String ? $root.seal.v1.RejectReason[message.reason] === $undefined ? message.reason : $root.seal.v1.RejectReason[message.reason] : message.reason;
                return object;
            };

            /**
             * Converts this Rejection to JSON.
             * @function toJSON
             * @memberof seal.v1.Rejection
             * @instance
             * @returns {Object.<string,*>} JSON object
             */
            Rejection.prototype.toJSON = function() {
                return Rejection.toObject(this, $protobuf.util.toJSONOptions);
            };

            return Rejection;
        })();

        v1.Receipt = (function() {

            /**
             * Properties of a Receipt.
             * @typedef {Object} seal.v1.Receipt.$Properties
             * @property {number|Long|null} [accepted] Receipt accepted
             * @property {number|Long|null} [rejected] Receipt rejected
             * @property {Array.<seal.v1.Rejection.$Properties>|null} [rejections] Receipt rejections
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Receipt.
             * @memberof seal.v1
             * @interface IReceipt
             * @augments seal.v1.Receipt.$Properties
             * @deprecated Use seal.v1.Receipt.$Properties instead.
             */

            /**
             * Shape of a Receipt.
             * @typedef {seal.v1.Receipt.$Properties} seal.v1.Receipt.$Shape
             */

            /**
             * Constructs a new Receipt.
             * @memberof seal.v1
             * @classdesc Represents a Receipt.
             * @constructor
             * @param {seal.v1.Receipt.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Receipt = function (properties) {
                this.rejections = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Receipt accepted.
             * @member {number|Long} accepted
             * @memberof seal.v1.Receipt
             * @instance
             */
            Receipt.prototype.accepted = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Receipt rejected.
             * @member {number|Long} rejected
             * @memberof seal.v1.Receipt
             * @instance
             */
            Receipt.prototype.rejected = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Receipt rejections.
             * @member {Array.<seal.v1.Rejection.$Properties>} rejections
             * @memberof seal.v1.Receipt
             * @instance
             */
            Receipt.prototype.rejections = $util.emptyArray;

            /**
             * Creates a new Receipt instance using the specified properties.
             * @function create
             * @memberof seal.v1.Receipt
             * @static
             * @param {seal.v1.Receipt.$Properties=} [properties] Properties to set
             * @returns {seal.v1.Receipt} Receipt instance
             * @type {{
             *   (properties: seal.v1.Receipt.$Shape): seal.v1.Receipt & seal.v1.Receipt.$Shape;
             *   (properties?: seal.v1.Receipt.$Properties): seal.v1.Receipt;
             * }}
             */
            Receipt.create = function(properties) {
                return new Receipt(properties);
            };

            /**
             * Encodes the specified Receipt message. Does not implicitly {@link seal.v1.Receipt.verify|verify} messages.
             * @function encode
             * @memberof seal.v1.Receipt
             * @static
             * @param {seal.v1.Receipt.$Properties} message Receipt message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Receipt.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted") && (typeof message.accepted === "object" ? message.accepted.low || message.accepted.high : message.accepted !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.accepted);
                if (message.rejected != null && $Object.hasOwnProperty.call(message, "rejected") && (typeof message.rejected === "object" ? message.rejected.low || message.rejected.high : message.rejected !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.rejected);
                if (message.rejections != null && message.rejections.length)
                    for (let i = 0; i < message.rejections.length; ++i)
                        $root.seal.v1.Rejection.encode(message.rejections[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Receipt message from the specified reader or buffer.
             * @function decode
             * @memberof seal.v1.Receipt
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {seal.v1.Receipt & seal.v1.Receipt.$Shape} Receipt
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Receipt.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.seal.v1.Receipt();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.accepted = value;
                            else
                                delete message.accepted;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.rejected = value;
                            else
                                delete message.rejected;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.rejections && message.rejections.length))
                                message.rejections = [];
                            message.rejections.push($root.seal.v1.Rejection.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            /**
             * Creates a Receipt message from a plain object. Also converts values to their respective internal types.
             * @function fromObject
             * @memberof seal.v1.Receipt
             * @static
             * @param {Object.<string,*>} object Plain object
             * @returns {seal.v1.Receipt} Receipt
             */
            Receipt.fromObject = function (object, _depth) {
                if (object instanceof $root.seal.v1.Receipt)
                    return object;
                if (!$util.isObject(object))
                    throw $TypeError(".seal.v1.Receipt: object expected");
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let message = new $root.seal.v1.Receipt();
                if (object.accepted != null)
                    if (typeof object.accepted === "object" ? object.accepted.low || object.accepted.high : $Number(object.accepted) !== 0)
                        if ($util.Long)
                            message.accepted = $util.Long.fromValue(object.accepted, true);
                        else if (typeof object.accepted === "string")
                            message.accepted = $parseInt(object.accepted, 10);
                        else if (typeof object.accepted === "number")
                            message.accepted = object.accepted;
                        else if (typeof object.accepted === "object")
                            message.accepted = new $util.LongBits(object.accepted.low >>> 0, object.accepted.high >>> 0).toNumber(true);
                if (object.rejected != null)
                    if (typeof object.rejected === "object" ? object.rejected.low || object.rejected.high : $Number(object.rejected) !== 0)
                        if ($util.Long)
                            message.rejected = $util.Long.fromValue(object.rejected, true);
                        else if (typeof object.rejected === "string")
                            message.rejected = $parseInt(object.rejected, 10);
                        else if (typeof object.rejected === "number")
                            message.rejected = object.rejected;
                        else if (typeof object.rejected === "object")
                            message.rejected = new $util.LongBits(object.rejected.low >>> 0, object.rejected.high >>> 0).toNumber(true);
                if (object.rejections) {
                    if (!$Array.isArray(object.rejections))
                        throw $TypeError(".seal.v1.Receipt.rejections: array expected");
                    message.rejections = $Array(object.rejections.length);
                    for (let i = 0; i < object.rejections.length; ++i) {
                        if (!$util.isObject(object.rejections[i]))
                            throw $TypeError(".seal.v1.Receipt.rejections: object expected");
                        message.rejections[i] = $root.seal.v1.Rejection.fromObject(object.rejections[i], _depth + 1);
                    }
                }
                return message;
            };

            /**
             * Creates a plain object from a Receipt message. Also converts values to other types if specified.
             * @function toObject
             * @memberof seal.v1.Receipt
             * @static
             * @param {seal.v1.Receipt} message Receipt
             * @param {$protobuf.IConversionOptions} [options] Conversion options
             * @returns {Object.<string,*>} Plain object
             */
            Receipt.toObject = function (message, options, _depth) {
                if (!options)
                    options = {};
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                let object = {};
                if (options.arrays || options.defaults)
                    object.rejections = [];
                if (options.defaults) {
                    if ($util.Long) {
                        let long = new $util.Long(0, 0, true);
                        object.accepted = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                    } else
                        object.accepted = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                    if ($util.Long) {
                        let long = new $util.Long(0, 0, true);
                        object.rejected = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                    } else
                        object.rejected = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                }
                if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted"))
                    if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                        object.accepted = typeof message.accepted === "number" ? $BigInt(message.accepted) : $util.Long.fromBits(message.accepted.low >>> 0, message.accepted.high >>> 0, true).toBigInt();
                    else if (typeof message.accepted === "number")
                        object.accepted = options.longs === $String ? $String(message.accepted) : message.accepted;
                    else
                        object.accepted = options.longs === $String ? $util.Long.prototype.toString.call(message.accepted) : options.longs === $Number ? new $util.LongBits(message.accepted.low >>> 0, message.accepted.high >>> 0).toNumber(true) : message.accepted;
                if (message.rejected != null && $Object.hasOwnProperty.call(message, "rejected"))
                    if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                        object.rejected = typeof message.rejected === "number" ? $BigInt(message.rejected) : $util.Long.fromBits(message.rejected.low >>> 0, message.rejected.high >>> 0, true).toBigInt();
                    else if (typeof message.rejected === "number")
                        object.rejected = options.longs === $String ? $String(message.rejected) : message.rejected;
                    else
                        object.rejected = options.longs === $String ? $util.Long.prototype.toString.call(message.rejected) : options.longs === $Number ? new $util.LongBits(message.rejected.low >>> 0, message.rejected.high >>> 0).toNumber(true) : message.rejected;
                if (message.rejections && message.rejections.length) {
                    object.rejections = $Array(message.rejections.length);
                    for (let j = 0; j < message.rejections.length; ++j)
                        object.rejections[j] = $root.seal.v1.Rejection.toObject(message.rejections[j], options, _depth + 1);
                }
                return object;
            };

            /**
             * Converts this Receipt to JSON.
             * @function toJSON
             * @memberof seal.v1.Receipt
             * @instance
             * @returns {Object.<string,*>} JSON object
             */
            Receipt.prototype.toJSON = function() {
                return Receipt.toObject(this, $protobuf.util.toJSONOptions);
            };

            return Receipt;
        })();

        return v1;
    })();

    return seal;
})();

export {
  $root as default
};
