import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace seal. */
export namespace seal {

    /** Namespace v1. */
    namespace v1 {

        /** EventKind enum. */
        enum EventKind {

            /** EVENT_KIND_UNSPECIFIED value */
            EVENT_KIND_UNSPECIFIED = 0,

            /** PASSAGE_IN value */
            PASSAGE_IN = 1,

            /** PASSAGE_OUT value */
            PASSAGE_OUT = 2,

            /** DOOR_OPENED value */
            DOOR_OPENED = 3,

            /** DOOR_CLOSED value */
            DOOR_CLOSED = 4,

            /** TAMPERED value */
            TAMPERED = 5,

            /** TAMPER_RESTORED value */
            TAMPER_RESTORED = 6,

            /** BEAM_BLOCKED value */
            BEAM_BLOCKED = 7,

            /** BEAM_CLEARED value */
            BEAM_CLEARED = 8,

            /** HEARTBEAT value */
            HEARTBEAT = 9,

            /** ROLL_CALL value */
            ROLL_CALL = 10,

            /** TEMPERATURE value */
            TEMPERATURE = 11,

            /** COUNTER value */
            COUNTER = 12
        }

        /**
         * Properties of an Event.
         * @deprecated Use seal.v1.Event.$Properties instead.
         */
        interface IEvent extends seal.v1.Event.$Properties {
        }

        /** Represents an Event. */
        class Event {

            /**
             * Constructs a new Event.
             * @param [properties] Properties to set
             */
            constructor(properties?: seal.v1.Event.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Event sealId. */
            sealId: (number|Long);

            /** Event timeMs. */
            timeMs: (number|Long);

            /** Event boot. */
            boot: number;

            /** Event seq. */
            seq: number;

            /** Event kind. */
            kind: seal.v1.EventKind;

            /** Event value. */
            value: number;

            /** Event totalIn. */
            totalIn: number;

            /** Event totalOut. */
            totalOut: number;

            /**
             * Creates a new Event instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Event instance
             */
            static create(properties: seal.v1.Event.$Shape): seal.v1.Event & seal.v1.Event.$Shape;
            static create(properties?: seal.v1.Event.$Properties): seal.v1.Event;

            /**
             * Encodes the specified Event message. Does not implicitly {@link seal.v1.Event.verify|verify} messages.
             * @param message Event message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: seal.v1.Event.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Event message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {seal.v1.Event & seal.v1.Event.$Shape} Event
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): seal.v1.Event & seal.v1.Event.$Shape;

            /**
             * Creates an Event message from a plain object. Also converts values to their respective internal types.
             * @param object Plain object
             * @returns Event
             */
            static fromObject(object: { [k: string]: any }): seal.v1.Event;

            /**
             * Creates a plain object from an Event message. Also converts values to other types if specified.
             * @param message Event
             * @param [options] Conversion options
             * @returns Plain object
             */
            static toObject(message: seal.v1.Event, options?: $protobuf.IConversionOptions): { [k: string]: any };

            /**
             * Converts this Event to JSON.
             * @returns JSON object
             */
            toJSON(): { [k: string]: any };
        }

        namespace Event {

            /** Properties of an Event. */
            interface $Properties {

                /** Event sealId */
                sealId?: (number|Long|null);

                /** Event timeMs */
                timeMs?: (number|Long|null);

                /** Event boot */
                boot?: (number|null);

                /** Event seq */
                seq?: (number|null);

                /** Event kind */
                kind?: (seal.v1.EventKind|null);

                /** Event value */
                value?: (number|null);

                /** Event totalIn */
                totalIn?: (number|null);

                /** Event totalOut */
                totalOut?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Event. */
            type $Shape = seal.v1.Event.$Properties;
        }

        /**
         * Properties of an EventColumns.
         * @deprecated Use seal.v1.EventColumns.$Properties instead.
         */
        interface IEventColumns extends seal.v1.EventColumns.$Properties {
        }

        /** Represents an EventColumns. */
        class EventColumns {

            /**
             * Constructs a new EventColumns.
             * @param [properties] Properties to set
             */
            constructor(properties?: seal.v1.EventColumns.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EventColumns sealId. */
            sealId: (number|Long)[];

            /** EventColumns timeMsDelta. */
            timeMsDelta: (number|Long)[];

            /** EventColumns boot. */
            boot: number[];

            /** EventColumns seqDelta. */
            seqDelta: (number|Long)[];

            /** EventColumns kind. */
            kind: seal.v1.EventKind[];

            /** EventColumns value. */
            value: number[];

            /** EventColumns totalIn. */
            totalIn: number[];

            /** EventColumns totalOut. */
            totalOut: number[];

            /**
             * Creates a new EventColumns instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EventColumns instance
             */
            static create(properties: seal.v1.EventColumns.$Shape): seal.v1.EventColumns & seal.v1.EventColumns.$Shape;
            static create(properties?: seal.v1.EventColumns.$Properties): seal.v1.EventColumns;

            /**
             * Encodes the specified EventColumns message. Does not implicitly {@link seal.v1.EventColumns.verify|verify} messages.
             * @param message EventColumns message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: seal.v1.EventColumns.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EventColumns message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {seal.v1.EventColumns & seal.v1.EventColumns.$Shape} EventColumns
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): seal.v1.EventColumns & seal.v1.EventColumns.$Shape;

            /**
             * Creates an EventColumns message from a plain object. Also converts values to their respective internal types.
             * @param object Plain object
             * @returns EventColumns
             */
            static fromObject(object: { [k: string]: any }): seal.v1.EventColumns;

            /**
             * Creates a plain object from an EventColumns message. Also converts values to other types if specified.
             * @param message EventColumns
             * @param [options] Conversion options
             * @returns Plain object
             */
            static toObject(message: seal.v1.EventColumns, options?: $protobuf.IConversionOptions): { [k: string]: any };

            /**
             * Converts this EventColumns to JSON.
             * @returns JSON object
             */
            toJSON(): { [k: string]: any };
        }

        namespace EventColumns {

            /** Properties of an EventColumns. */
            interface $Properties {

                /** EventColumns sealId */
                sealId?: ((number|Long)[]|null);

                /** EventColumns timeMsDelta */
                timeMsDelta?: ((number|Long)[]|null);

                /** EventColumns boot */
                boot?: (number[]|null);

                /** EventColumns seqDelta */
                seqDelta?: ((number|Long)[]|null);

                /** EventColumns kind */
                kind?: (seal.v1.EventKind[]|null);

                /** EventColumns value */
                value?: (number[]|null);

                /** EventColumns totalIn */
                totalIn?: (number[]|null);

                /** EventColumns totalOut */
                totalOut?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EventColumns. */
            type $Shape = seal.v1.EventColumns.$Properties;
        }

        /**
         * Properties of an EventBatch.
         * @deprecated Use seal.v1.EventBatch.$Properties instead.
         */
        interface IEventBatch extends seal.v1.EventBatch.$Properties {
        }

        /** Represents an EventBatch. */
        class EventBatch {

            /**
             * Constructs a new EventBatch.
             * @param [properties] Properties to set
             */
            constructor(properties?: seal.v1.EventBatch.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** EventBatch events. */
            events: seal.v1.Event.$Properties[];

            /** EventBatch columns. */
            columns?: (seal.v1.EventColumns.$Properties|null);

            /**
             * Creates a new EventBatch instance using the specified properties.
             * @param [properties] Properties to set
             * @returns EventBatch instance
             */
            static create(properties: seal.v1.EventBatch.$Shape): seal.v1.EventBatch & seal.v1.EventBatch.$Shape;
            static create(properties?: seal.v1.EventBatch.$Properties): seal.v1.EventBatch;

            /**
             * Encodes the specified EventBatch message. Does not implicitly {@link seal.v1.EventBatch.verify|verify} messages.
             * @param message EventBatch message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: seal.v1.EventBatch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an EventBatch message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {seal.v1.EventBatch & seal.v1.EventBatch.$Shape} EventBatch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): seal.v1.EventBatch & seal.v1.EventBatch.$Shape;

            /**
             * Creates an EventBatch message from a plain object. Also converts values to their respective internal types.
             * @param object Plain object
             * @returns EventBatch
             */
            static fromObject(object: { [k: string]: any }): seal.v1.EventBatch;

            /**
             * Creates a plain object from an EventBatch message. Also converts values to other types if specified.
             * @param message EventBatch
             * @param [options] Conversion options
             * @returns Plain object
             */
            static toObject(message: seal.v1.EventBatch, options?: $protobuf.IConversionOptions): { [k: string]: any };

            /**
             * Converts this EventBatch to JSON.
             * @returns JSON object
             */
            toJSON(): { [k: string]: any };
        }

        namespace EventBatch {

            /** Properties of an EventBatch. */
            interface $Properties {

                /** EventBatch events */
                events?: (seal.v1.Event.$Properties[]|null);

                /** EventBatch columns */
                columns?: (seal.v1.EventColumns.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an EventBatch. */
            type $Shape = seal.v1.EventBatch.$Properties;
        }

        /** RejectReason enum. */
        enum RejectReason {

            /** REJECT_REASON_UNSPECIFIED value */
            REJECT_REASON_UNSPECIFIED = 0,

            /** UNKNOWN_SEAL value */
            UNKNOWN_SEAL = 1,

            /** FORBIDDEN_SEAL value */
            FORBIDDEN_SEAL = 2,

            /** BAD_KIND value */
            BAD_KIND = 3,

            /** BAD_VALUE value */
            BAD_VALUE = 4,

            /** NOT_OBSERVED value */
            NOT_OBSERVED = 5,

            /** NOT_ASSIGNED value */
            NOT_ASSIGNED = 6,

            /** SEQUENCE_TOO_OLD value */
            SEQUENCE_TOO_OLD = 7
        }

        /**
         * Properties of a Rejection.
         * @deprecated Use seal.v1.Rejection.$Properties instead.
         */
        interface IRejection extends seal.v1.Rejection.$Properties {
        }

        /** Represents a Rejection. */
        class Rejection {

            /**
             * Constructs a new Rejection.
             * @param [properties] Properties to set
             */
            constructor(properties?: seal.v1.Rejection.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Rejection index. */
            index: number;

            /** Rejection reason. */
            reason: seal.v1.RejectReason;

            /**
             * Creates a new Rejection instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Rejection instance
             */
            static create(properties: seal.v1.Rejection.$Shape): seal.v1.Rejection & seal.v1.Rejection.$Shape;
            static create(properties?: seal.v1.Rejection.$Properties): seal.v1.Rejection;

            /**
             * Encodes the specified Rejection message. Does not implicitly {@link seal.v1.Rejection.verify|verify} messages.
             * @param message Rejection message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: seal.v1.Rejection.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Rejection message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {seal.v1.Rejection & seal.v1.Rejection.$Shape} Rejection
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): seal.v1.Rejection & seal.v1.Rejection.$Shape;

            /**
             * Creates a Rejection message from a plain object. Also converts values to their respective internal types.
             * @param object Plain object
             * @returns Rejection
             */
            static fromObject(object: { [k: string]: any }): seal.v1.Rejection;

            /**
             * Creates a plain object from a Rejection message. Also converts values to other types if specified.
             * @param message Rejection
             * @param [options] Conversion options
             * @returns Plain object
             */
            static toObject(message: seal.v1.Rejection, options?: $protobuf.IConversionOptions): { [k: string]: any };

            /**
             * Converts this Rejection to JSON.
             * @returns JSON object
             */
            toJSON(): { [k: string]: any };
        }

        namespace Rejection {

            /** Properties of a Rejection. */
            interface $Properties {

                /** Rejection index */
                index?: (number|null);

                /** Rejection reason */
                reason?: (seal.v1.RejectReason|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Rejection. */
            type $Shape = seal.v1.Rejection.$Properties;
        }

        /**
         * Properties of a Receipt.
         * @deprecated Use seal.v1.Receipt.$Properties instead.
         */
        interface IReceipt extends seal.v1.Receipt.$Properties {
        }

        /** Represents a Receipt. */
        class Receipt {

            /**
             * Constructs a new Receipt.
             * @param [properties] Properties to set
             */
            constructor(properties?: seal.v1.Receipt.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Receipt accepted. */
            accepted: (number|Long);

            /** Receipt rejected. */
            rejected: (number|Long);

            /** Receipt rejections. */
            rejections: seal.v1.Rejection.$Properties[];

            /**
             * Creates a new Receipt instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Receipt instance
             */
            static create(properties: seal.v1.Receipt.$Shape): seal.v1.Receipt & seal.v1.Receipt.$Shape;
            static create(properties?: seal.v1.Receipt.$Properties): seal.v1.Receipt;

            /**
             * Encodes the specified Receipt message. Does not implicitly {@link seal.v1.Receipt.verify|verify} messages.
             * @param message Receipt message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: seal.v1.Receipt.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Receipt message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {seal.v1.Receipt & seal.v1.Receipt.$Shape} Receipt
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): seal.v1.Receipt & seal.v1.Receipt.$Shape;

            /**
             * Creates a Receipt message from a plain object. Also converts values to their respective internal types.
             * @param object Plain object
             * @returns Receipt
             */
            static fromObject(object: { [k: string]: any }): seal.v1.Receipt;

            /**
             * Creates a plain object from a Receipt message. Also converts values to other types if specified.
             * @param message Receipt
             * @param [options] Conversion options
             * @returns Plain object
             */
            static toObject(message: seal.v1.Receipt, options?: $protobuf.IConversionOptions): { [k: string]: any };

            /**
             * Converts this Receipt to JSON.
             * @returns JSON object
             */
            toJSON(): { [k: string]: any };
        }

        namespace Receipt {

            /** Properties of a Receipt. */
            interface $Properties {

                /** Receipt accepted */
                accepted?: (number|Long|null);

                /** Receipt rejected */
                rejected?: (number|Long|null);

                /** Receipt rejections */
                rejections?: (seal.v1.Rejection.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Receipt. */
            type $Shape = seal.v1.Receipt.$Properties;
        }
    }
}
